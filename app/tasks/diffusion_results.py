"""What a denoiser leaves behind: weights, samples, scores, figures, SavedModels, model card."""

from app.build.sampling import class_labels, drawing
from app.data.subsets import random_rows
from app.drawing.attribute_control import conditional_on_attributes, draw_attribute_figures
from app.drawing.sample import draw_into, sample_options
from app.export.diffusion import export
from app.measuring.measure_run import measure_run
from app.models.strips import decode, encode
from app.progress import console
from app.reports.figures import draw_into_run, schedule_figure, strip_figure, training_curves
from app.reports.left_behind import say_where
from app.reports.model_card import write_model_card
from app.reports.progression import progression_figure
from app.trained import best_of, save_weights

STRIPS = 10  # images, a row each
FEW = 1000  # real images they are taken from


def finish(run, recipe, images, model, averages):
    """Everything that a run leaves behind beside its training log."""
    save_weights(run, model, averages)
    schedule = {recipe.diffusion.schedule: model.schedule}
    draw_into_run(run, "training", training_curves, run.metrics())
    draw_into_run(run, "schedule", schedule_figure, schedule)
    if grids := sorted(run.path("images").glob("epoch-*.png")):
        draw_into_run(run, "progression", progression_figure, grids, model.image_shape[0])
    with best_of(model, averages):
        draw_strips(run, recipe, images, model)
        grid = draw_into(
            run, recipe, model, sample_options(recipe, recipe.watching.samples), "grid"
        )
        if conditional_on_attributes(model):
            draw_attribute_figures(run, recipe, model)
        paths = export(run, recipe, model)
        scores = {}
        if recipe.evaluation.samples:
            asked = recipe.evaluation
            scores = measure_run(
                run, recipe, images, model, asked.samples, metrics=asked.metrics or None
            )
    write_model_card(run, recipe, scores)
    say_where(run, image_grid=grid, SavedModel=paths["sampler"])
    console.print("MLflow:       make ui")


def draw_strips(run, recipe, images, model):
    """figures/encode.png: real images into noise; figures/decode.png: from noise to images."""
    few = images.validation.first(min(FEW, len(images.validation))).images
    real = random_rows(few, STRIPS)  # the first ones may be all of one class
    draw_into_run(run, "encode", strip_figure, *encode(model, real, recipe.sampling.seed))
    labels = class_labels(model, STRIPS)
    drawn = decode(model, STRIPS, labels, **drawing(recipe.sampling, model.pixel_range))
    draw_into_run(run, "decode", strip_figure, *drawn)
