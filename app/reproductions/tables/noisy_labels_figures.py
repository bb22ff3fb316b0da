"""Figures of the noisy-label table: curves by epoch, final accuracy by noise rate."""

from matplotlib.figure import Figure

from app.reports.figures import by_epoch, save
from app.reproductions.tables.noisy_labels import accuracies

PANELS = (
    ("loss", "training loss"),
    ("training_accuracy", "accuracy on labels as given"),
    ("test_cross_entropy", "cross entropy, clean test images"),
    ("test_accuracy", "accuracy, clean test images"),
    ("fitted_wrong", "share of wrong labels learned"),
)
LOGARITHMIC = ("loss", "test_cross_entropy")


def curves(results, path):
    """Losses and accuracies in training and testing by epoch, a row a noise rate (seed 0).

    Training losses of different names have different scales: compare each with itself only.

    Args:
        results: {"<loss>-<rate>-<seed>": {"rows": rows of metrics.jsonl}}.
        path: where the PNG goes.
    """
    first = {key: result for key, result in results.items() if key.endswith("-0")}
    rates = sorted({key.rsplit("-", 2)[1] for key in first})
    names = list(dict.fromkeys(key.rsplit("-", 2)[0] for key in first))
    figure = Figure(figsize=(4 * len(PANELS), 3 * len(rates) + 0.5), layout="constrained")
    grid = figure.subplots(len(rates), len(PANELS), squeeze=False)
    shown = {}
    for rate, row in zip(rates, grid, strict=True):
        for axes, (metric, title) in zip(row, PANELS, strict=True):
            for place, name in enumerate(names):
                rows = first.get(f"{name}-{rate}-0", {"rows": []})["rows"]
                points = by_epoch([_with_training(values, float(rate)) for values in rows], metric)
                if points:
                    (shown[name],) = axes.plot(*zip(*points, strict=True), color=f"C{place}")
            axes.set(title=f"{float(rate):.0%} noise: {title}", xlabel="epoch")
            if metric in LOGARITHMIC:
                axes.set_yscale("log")
            axes.grid(alpha=0.3)
    figure.legend(shown.values(), shown.keys(), loc="outside lower center", ncols=len(names))
    save(figure, path)


def _with_training(values, rate):
    """An epoch's numbers, with the accuracy on the labels as given, of which `rate` are wrong."""
    if not {"fitted_right", "fitted_wrong"} <= values.keys():
        return values
    right, wrong = values["fitted_right"], values["fitted_wrong"]
    return {**values, "training_accuracy": (1 - rate) * right + rate * wrong}


def by_rate(results, path):
    """Final accuracy against noise rate, with two standard errors over seeds, as a PNG.

    Args:
        results: {"<loss>-<rate>-<seed>": {"scores": {"test_accuracy": float}}}.
        path: where the PNG goes.
    """
    means = accuracies(results)
    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    for name in dict.fromkeys(name for name, _ in means):
        points = sorted((rate, mean) for (other, rate), mean in means.items() if other == name)
        rates, found = zip(*points, strict=True)
        errors = [2 * (mean.error or 0.0) for mean in found]
        values = [mean.value for mean in found]
        axes.errorbar(rates, values, yerr=errors, label=name, marker="o", capsize=3)
    axes.set(xlabel="noise rate", ylabel="accuracy on clean test images, last epoch")
    axes.grid(alpha=0.3)
    axes.legend()
    save(figure, path)
