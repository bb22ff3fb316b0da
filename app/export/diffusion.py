"""SavedModels of a run: the denoiser, and the whole sampler, checked after they are written."""

import keras
import numpy as np
from keras import ops

from app.build.sampling import build_sampler, class_labels
from app.errors import UserError
from app.export.saved_model import checked_first, without_optimizer, write_archive
from app.models.sampling import draw_images, sampling_program
from app.progress import console
from app.trained import load_trained

# Reloaded programs may round differently in the last bit of a float: one grey level of 255.
TOLERANCE = 1


def export_run(run, options):
    """The `export` verb on a run of kind diffusion: `options` as in `app.options.Export`."""
    recipe, model = load_trained(run, options.weights)
    paths = export(run, recipe, model)
    for kind, path in paths.items():
        console.print(f"{kind}: {path}")
    return paths


def export(run, recipe, model):
    """Writes saved_model/{denoiser,sampler} and model.keras into the run; compares, then returns.

    Raises:
        UserError: what was written does not give the same images when loaded again.
    """
    model = without_optimizer(model)
    sampler = build_sampler(recipe.sampling, model.pixel_range)
    folder = run.path("saved_model")
    with checked_first(folder) as draft:
        export_denoiser(model, draft / "denoiser")
        export_sampler(
            model,
            sampler,
            draft / "sampler",
            recipe.sampling.spacing,
            recipe.sampling.guidance_interval,
        )
        compare_with_reloaded(model, sampler, recipe, draft / "sampler")
        model.save(run.path("model.keras"))
    return {
        "denoiser": folder / "denoiser",
        "sampler": folder / "sampler",
        "keras": run.path("model.keras"),
    }


def export_denoiser(model, path):
    """(noisy, time, condition) -> {clean, noise}: one evaluation, for samplers of one's own."""

    def denoise(noisy, time, condition):
        rows = None if not model.conditional else condition
        estimate = model.denoiser()(noisy, time, rows)
        return {"clean": estimate.clean, "noise": estimate.noise}

    noisy = keras.InputSpec(shape=(None, *model.image_shape), dtype="float32", name="noisy")
    time = keras.InputSpec(shape=(None,), dtype="float32", name="time")
    write_archive(model, path, denoise, [noisy, time, _rows(model, "condition")])


def export_sampler(model, sampler, path, spacing="trailing", guidance_interval=None):
    """(seed, labels, guidance, steps, first_index) -> {images}: the whole loop in one call.

    Without a condition, `labels` are ignored but for their number: one image a row. Where the noise
    is images, `start` follows, uint8: the images to start from.
    """
    conditional = model.conditional
    plain = sampling_program(model, sampler, spacing, guided=False)
    guided = sampling_program(model, sampler, spacing, True, guidance_interval)

    def sample(seed, labels, guidance, steps, first_index, start=None):
        arguments = (seed, labels, guidance, steps, first_index, start)
        if not conditional:
            return {"images": plain(*arguments)}
        # Guidance 0 costs one evaluation of the network a step, not two.
        return {
            "images": ops.cond(guidance == 0, lambda: plain(*arguments), lambda: guided(*arguments))
        }

    signature = [
        keras.InputSpec(shape=(), dtype="int32", name="seed"),
        _rows(model, "labels"),
        keras.InputSpec(shape=(), dtype="float32", name="guidance"),
        keras.InputSpec(shape=(), dtype="int32", name="steps"),
        keras.InputSpec(shape=(), dtype="int32", name="first_index"),
    ]
    if model.noise.given_start:
        shape = (None, *model.image_shape)
        signature.append(keras.InputSpec(shape=shape, dtype="uint8", name="start"))
    write_archive(model, path, sample, signature)


def _rows(model, name):
    """The input specification of a batch of conditions: labels, or attribute vectors."""
    null = model.condition.null(1)
    if null is None or len(null.shape) == 1:
        return keras.InputSpec(shape=(None,), dtype="int32", name=name)
    return keras.InputSpec(shape=(None, *null.shape[1:]), dtype="float32", name=name)


def compare_with_reloaded(model, sampler, recipe, path):
    """Loads the sampler as a stranger would, and compares its images with the model's.

    Raises:
        UserError: an image differs by more than one grey level.
    """
    import tensorflow as tf

    count = 4
    steps = min(3, recipe.sampling.steps)
    labels = class_labels(model, count)
    served = tf.saved_model.load(str(path)).signatures["serving_default"]
    start, given = None, {}
    if model.noise.given_start:
        shape = (count, *model.image_shape)
        start = np.random.default_rng(0).integers(0, 256, shape, dtype="uint8")
        given = {"start": tf.constant(start)}
    for guidance in {0.0, recipe.sampling.guidance}:
        loaded = served(
            seed=tf.constant(recipe.sampling.seed),
            labels=tf.constant(np.zeros(count, "int32") if labels is None else labels),
            guidance=tf.constant(guidance, "float32"),
            steps=tf.constant(steps),
            first_index=tf.constant(5),
            **given,
        )["images"].numpy()
        own = draw_images(
            model,
            count,
            labels,
            sampler=sampler,
            steps=steps,
            spacing=recipe.sampling.spacing,
            guidance=guidance,
            guidance_interval=recipe.sampling.guidance_interval,
            seed=recipe.sampling.seed,
            first_index=5,
            start=start,
        )
        difference = int(np.abs(loaded.astype(int) - own.astype(int)).max())
        if difference > TOLERANCE:
            raise UserError(
                f"The exported sampler differs from the model by {difference} of 255 grey levels "
                f"(guidance {guidance}). It was not kept; please report this."
            )
