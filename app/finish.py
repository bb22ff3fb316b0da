"""What follows training: weights, samples, scores, figures, SavedModels, the model card."""

from app.build import class_labels, drawing
from app.evaluate import evaluate
from app.export import export
from app.files import writing
from app.models.strips import decode, encode
from app.progress import console
from app.reports.figures import schedule_figure, strip_figure, training_curves
from app.reports.model_card import write_model_card
from app.sample import draw_into, sample_options
from app.trained import best_of
from callbacks.weights_file import write_weights

STRIPS = 10  # images, a row each


def finish(run, recipe, images, model, averages):
    """Everything that a run leaves behind beside its training log."""
    save_weights(run, model, averages)
    schedule = {recipe.diffusion.schedule: model.schedule}
    _draw(run, "training", training_curves, run.metrics())
    _draw(run, "schedule", schedule_figure, schedule)
    with best_of(model, averages):
        draw_strips(run, recipe, images, model)
        grid = draw_into(
            run, recipe, model, sample_options(recipe, recipe.watching.samples), "grid"
        )
        scores = {}
        if recipe.evaluation.samples:
            scores = evaluate(run, recipe, images, model, recipe.evaluation.samples)
        paths = export(run, recipe, model)
    write_model_card(run, recipe, scores)
    console.print(f"run id:       {run.id}")
    console.print(f"image grid:   {grid}")
    console.print(f"SavedModel:   {paths['sampler']}")
    megabytes = run.disk_use()["total"] / 1e6
    console.print(f"disk use:     {megabytes:.0f} MB in {run.folder}")
    console.print("MLflow:       make ui")


def draw_strips(run, recipe, images, model):
    """figures/encode.png: real images into noise; figures/decode.png: from noise to images."""
    real = images.validation.first(min(STRIPS, len(images.validation))).images
    _draw(run, "encode", strip_figure, *encode(model, real, recipe.sampling.seed))
    labels = class_labels(model, STRIPS)
    drawn = decode(model, STRIPS, labels, **drawing(recipe.sampling, model.pixel_range))
    _draw(run, "decode", strip_figure, *drawn)


def _draw(run, name, figure, *content):
    """Draws one figure of a run into figures/<name>.png."""
    path = run.path("figures", f"{name}.png")
    with writing(path):
        figure(*content, path)


def save_weights(run, model, averages):
    """weights/raw.weights.h5, and one file for each average."""
    _save_weights(run, model, "raw")
    for name, average in averages.items():
        with average.swapped(model):
            _save_weights(run, model, name)


def _save_weights(run, model, name):
    """Writes one file whole or not at all."""
    path = run.path("weights", f"{name}.weights.h5")
    with writing(path):
        write_weights(model, path)
