"""Tables of papers and reports that `reproduce` runs again, one a file.

A table is a module with `NAME`, `TITLE`, `children(budget, seeds, directory)` (the recipes by name,
in order) and `report(results)` (Markdown: the table and the verdicts); its figures are functions
of the results and a path. Results are {child: {"run", "folder", "scores", "rows", "minutes"}}.
"""

from app.reproductions import domains, domains_figures, noisy_labels, noisy_labels_figures

TABLES = {table.NAME: table for table in (noisy_labels, domains)}
FIGURES = {
    noisy_labels.NAME: {
        "accuracy": noisy_labels_figures.by_rate,
        "curves": noisy_labels_figures.curves,
    },
    domains.NAME: {
        "accuracy": domains_figures.by_row,
        "curves": domains_figures.curves,
        "features": domains_figures.features,
    },
}
