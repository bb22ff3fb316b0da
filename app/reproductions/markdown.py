"""Markdown that the reports of tables have in common."""

from app.reproductions.verdicts import ERRORS

BY_SEEDS = (
    f"A claim holds, or fails, where the means differ by more than {ERRORS:.0f} standard errors of "
    "their difference over seeds (fixed before the runs); one seed decides nothing."
)
BY_INTERVALS = (
    "A claim holds, or fails, where the 95 % intervals of single runs do not overlap (fixed before "
    "the runs)."
)


def table(head, rows):
    """Lines of a Markdown table.

    Args:
        head: texts, one a column.
        rows: lists of the same length; None is an empty cell.

    Example:
        >>> table(["a", "b"], [[1, None]])
        ['| a | b |', '|---|---|', '| 1 |  |']
    """
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for row in rows:
        cells = ("" if cell is None else str(cell) for cell in row)
        lines.append(f"| {' | '.join(cells)} |")
    return lines


def verdicts_table(claims, rule=BY_SEEDS):
    """Lines that say how claims are decided, and the verdict on each, of {claim: word}."""
    return [
        rule,
        "",
        *table(["claim of the report", "ours"], claims.items()),
    ]
