"""What is looked at while a run trains: grids, distances, the log, the best weights."""

from app.build.sampling import class_labels, drawing
from app.drawing.attribute_control import conditional_on_attributes, real_attributes
from app.machine.memory import peak_megabytes
from app.measuring.scoring import EpochScores
from app.models.sampling import draw_images
from app.trained import best_average
from callbacks import BestCheckpoint, FrechetLogger, SampleGrid, TrainingCost
from callbacks.mlflow_logger import MLflowLogger


def watchers(run, recipe, images, averages, mirror):
    """The callbacks that watch a run, in the order in which they must stand."""
    average = best_average(averages)
    watching, found = recipe.watching, []

    def draw(model, count=watching.samples, labels=None, quantized=True):
        return draw_images(
            model,
            count,
            class_labels(model, count) if labels is None else labels,
            batch_size=recipe.sampling.batch_size,
            quantized=quantized,
            **drawing(recipe.sampling, model.pixel_range),
        )

    def draw_to_score(model, count):
        rows = real_attributes(images.train, count) if conditional_on_attributes(model) else None
        return draw(model, count, rows, quantized="psnr" not in watching.score_metrics)

    if watching.score_every:
        score = EpochScores(recipe, images, averages, average, draw_to_score)
        found.append(FrechetLogger(score, every=watching.score_every))
        found.append(
            BestCheckpoint(
                run.path("weights", "best-epoch.weights.h5"), "fmd", mode="min", average=average
            )
        )
    if watching.sample_every:
        found.append(
            SampleGrid(
                draw,
                run.path("images"),
                every=watching.sample_every,
                average=average,
                columns=min(10, watching.samples),
            )
        )
    kernel = getattr(recipe.network, "kernel", None)
    if kernel:

        def tell(cost):
            run.update(attention={"kernel": kernel, **cost})

        found.append(TrainingCost(tell, peak_megabytes))
    found.append(MLflowLogger(sink=mirror.record))
    return found
