"""One compiled program for pictures that have inputs of their own: an image, a mask, a start.

Picture i depends on the weights, the seed, its index `first_index + i` and its own inputs alone,
as in `draw_images`: not on the batch size.
"""

from keras import ops

from app.data.pixels import quantize
from app.diffusion.compiled import compiled
from app.diffusion.times import Trajectory
from app.models.sampling import conditioned, in_batches


def draw_rows(
    model,
    kind,
    draw,
    rows,
    condition,
    sampler,
    *,
    steps=50,
    spacing="trailing",
    guidance=0.0,
    guidance_interval=None,
    seed=0,
    first_index=0,
    batch_size=128,
    xla=None,
    progress=None,
):
    """Draws pictures that have inputs of their own, in batches of one shape.

    The arguments from `steps` on are those of `draw_images`. `kind` names what `draw` does, with
    all that is fixed in it: programs are kept by it. `draw` is a function (sampler, denoise,
    trajectory, seed, first_index, rows, condition) -> float images, in keras.ops. `rows` is a list
    of arrays, and `condition` an array as `checked` gives it, one row a picture each.

    Returns:
        uint8 numpy array (count, height, width, channels).
    """
    check_source(model)
    guided = guidance != 0 and model.conditional
    settings = repr((sorted(vars(sampler).items()), guidance_interval))
    key = (kind, settings, type(sampler), spacing, steps, guided, xla)

    def program(seed, guidance, index, condition, *rows):
        denoise, condition = conditioned(model, condition, guidance, guided, guidance_interval)
        trajectory = Trajectory(model.schedule, steps, spacing)
        images = draw(sampler, denoise, trajectory, seed, index, rows, condition)
        return quantize(images, model.pixel_range)

    if key not in model.sampling.programs:
        model.sampling.programs[key] = compiled(program, model.variables, xla)

    def of_batch(begin, chosen):
        return model.sampling.programs[key](
            ops.convert_to_tensor(seed, "int32"),
            ops.convert_to_tensor(guidance, "float32"),
            ops.convert_to_tensor(first_index + begin, "int32"),
            *(ops.convert_to_tensor(each[chosen]) for each in (condition, *rows)),
        )

    return in_batches(of_batch, len(condition), batch_size, progress)


def check_source(model):
    """Refuses models that start from images: there is no noise of a seed to begin with."""
    if model.noise.given_start:
        raise ValueError(
            "These pictures are drawn from noise of a seed. Received a model that starts from "
            f"images ({type(model.noise).__name__}). Take one trained with Gaussian noise."
        )
