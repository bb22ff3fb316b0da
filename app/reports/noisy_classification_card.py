"""The model card and the figure of a classifier of noisy images."""

from matplotlib.figure import Figure

from app.reports.card import opening, recipe_lines, score_lines, write_card
from app.reports.figures import save


def accuracy_figure(times, scores, chance, path):
    """Accuracy by time with its interval, beside chance, as a PNG.

    Args:
        times: floats in [0, 1], 0 clean.
        scores: one Score a time.
        chance: float; accuracy of saying of all images what is most frequent.
        path: where the PNG goes.
    """
    figure = Figure(figsize=(5, 3.5), layout="constrained")
    axes = figure.subplots()
    values = [score.value for score in scores]
    low, high = zip(*(score.interval for score in scores), strict=True)
    axes.plot(times, values, marker=".", label=f"n = {scores[0].samples}")
    axes.fill_between(times, low, high, alpha=0.3)
    axes.axhline(chance, linestyle=":", color="gray", label="chance")
    axes.set(xlabel="time (0: clean)", ylabel="accuracy", ylim=(0, 1.02))
    axes.grid(alpha=0.3)
    axes.legend()
    save(figure, path)


def write_noisy_classification_card(run, recipe, scores):
    """Writes model_card.md into the run folder; returns its path."""
    data, names = run.manifest["dataset"], run.manifest.get("attributes")
    asked, known = "", "the classes of its training set and gives every image one of them"
    if names:
        asked, known = f" --attributes {names[0]}", f"no other attributes than {', '.join(names)}"
    lines = [
        *opening(run, recipe),
        f"{data['name']} {data['version']}, digest of images and labels `{data['digest']}`.",
        *recipe_lines(run, recipe, "network", "diffusion", "optimizer", "training"),
        "## Scores",
        "Accuracy on test images noised to a time; they chose nothing.",
        "",
        *score_lines(scores),
        "",
        "## Use",
        f"`python -m app sample RUN --classifier {run.id} --classifier-scale 1{asked}`",
        "",
        "## Limits",
        "- It guides denoisers of the same schedule, pixel range and image size, and no others.",
        f"- It knows {known}.",
    ]
    return write_card(run, lines)
