"""`sample RUN --images ...` and `--to-seed`, `--to-labels`: pictures that begin with something."""

import dataclasses
import hashlib
import json

import numpy as np

from app.build.sampling import build_sampler, class_labels, drawing, recorded
from app.config.readers import drawn_with
from app.data.inputs import open_inputs, open_mask
from app.drawing.sample import asked_recipe
from app.errors import UserError
from app.files import writing
from app.models.editing import inpaint_images, vary_images
from app.models.interpolation import interpolate_images
from app.progress import bar, console
from app.run import Run
from app.trained import load_trained
from callbacks.image_grid import grid, write_png

SHOWN = 20  # rows of the picture of all


def edit(options):
    """Inpaints or varies images, or draws strips: `options` as in `app.options.Sample`.

    Leaves in the run, in samples/: images.npz (images, labels, inputs and mask where there are
    any), a PNG for each picture, and grid.png, a row an input or a strip.
    """
    run = Run.open(options.run, options.runs)
    recipe = asked_recipe(run, options)
    shape = tuple(run.manifest["images"][0])
    inputs = mask = known = None
    if options.images:
        inputs, known = open_inputs(options.images, shape, recipe.data.directory)
        mask = None if options.mask is None else open_mask(options.mask, shape)
    _, model = load_trained(run, options.weights)
    if options.strips:
        recipe = _without_noise(recipe, options.sampler, model.pixel_range)
    settings = {
        **drawing(recipe.sampling, model.pixel_range),
        "batch_size": recipe.sampling.batch_size,
        "first_index": options.first_index,
    }
    if options.strips:
        kind, columns, arrays = "strips", options.frames, _strips(model, options, settings)
    else:
        kind, columns = "variations" if mask is None else "inpainting", options.variants
        labels = _labels(model, options, inputs, known)
        arrays = _edited(model, options, settings, inputs, mask, labels)
    if names := getattr(model.condition, "names", ()):
        arrays["attribute_names"] = list(names)
    folder = run.path("samples", f"{kind}-{_digest(options, recipe, inputs, mask)}", "x").parent
    _leave(folder, arrays, columns)
    console.print(f"images and labels: {folder}")
    console.print(f"picture of all: {folder / 'grid.png'}")
    return folder


def _without_noise(recipe, asked, pixel_range):
    """The recipe of a path: no eta, no churn; DDIM where none was asked and the run's draws."""

    def draws_noise(recipe):
        return build_sampler(recipe.sampling, pixel_range).draws_noise

    path = drawn_with(recipe, eta=0.0, churn=0.0)
    if asked is None and draws_noise(path):
        path = drawn_with(path, sampler="ddim")
    if draws_noise(recipe) and not draws_noise(path):
        name = path.sampling.sampler
        console.print(f"A path between pictures draws no noise: {name}, eta and churn 0.")
    return path


def _strips(model, options, settings):
    """Strips from seed to seed, class to class and attributes to attributes."""
    count, frames = options.variants, options.frames
    for name in ("labels", "attributes"):
        if getattr(options, f"to_{name}") and not getattr(options, name):
            raise UserError(f"`--to-{name}` needs `--{name}`, from which the strips begin.")
    labels = class_labels(model, count, options.labels, attributes=options.attributes)
    ends = None
    if options.to_labels or options.to_attributes:
        ends = class_labels(model, count, options.to_labels, attributes=options.to_attributes)
    with bar("strips", count * frames) as show:
        images = interpolate_images(
            model,
            count,
            frames,
            labels,
            ends,
            to_seed=options.to_seed,
            progress=show,
            **settings,
        )
    arrays = {"images": images, "seed": settings["seed"], "share": np.linspace(0, 1, frames)}
    if labels is not None:
        told = recorded(labels, options.labels)
        ends = told if ends is None else recorded(ends, options.to_labels)
        arrays["labels"] = np.repeat(told, frames, axis=0)
        arrays["to_labels"] = np.repeat(ends, frames, axis=0)
    return arrays


def _edited(model, options, settings, inputs, mask, labels):
    """Variants of each input, one after the other."""
    begin = np.repeat(inputs, options.variants, axis=0)
    arrays = {"inputs": inputs, "seed": settings["seed"]}
    arrays |= {} if labels is None else {"labels": recorded(labels, options.labels)}
    with bar("drawing", len(begin)) as show:
        if mask is None:
            images = vary_images(
                model, begin, labels, strength=options.strength, progress=show, **settings
            )
            return {"images": images, **arrays}
        masks = np.broadcast_to(mask, (len(begin), *mask.shape))
        if options.sampler is None:
            settings = {**settings, "sampler": None}  # the one that suits inpainting
        images = inpaint_images(
            model, begin, masks, labels, resampling=options.resampling, progress=show, **settings
        )
    return {"images": images, "mask": mask, **arrays}


def _labels(model, options, inputs, known):
    """The condition of each picture: those asked for in turn, or the inputs' labels, or none."""
    count = len(inputs) * options.variants
    if options.labels or options.attributes or not model.conditional:
        return class_labels(model, count, options.labels, attributes=options.attributes)
    classes = getattr(model.condition, "classes", None)
    if classes is not None and known is not None and known.max() < classes:
        return np.repeat(known, options.variants)
    return np.asarray(model.condition.null(count))


def _digest(options, recipe, inputs, mask):
    """Names the folder of these pictures: the same request finds the same folder."""
    asked = dataclasses.asdict(options)
    for name in ("run", "runs", "count", "images", "mask", "settings"):
        asked.pop(name)
    content = json.dumps([asked, dataclasses.asdict(recipe.sampling)], sort_keys=True).encode()
    for array in (inputs, mask):
        content += b"" if array is None else array.tobytes()
    return hashlib.sha256(content).hexdigest()[:10]


def _leave(folder, arrays, columns):
    """Writes the archive, a PNG for each picture, and the picture of all."""
    images = arrays["images"]
    rows = images.reshape(-1, columns, *images.shape[1:])[:SHOWN]
    if "inputs" in arrays:
        before = arrays["inputs"][: len(rows), None]
        if "mask" in arrays:
            hidden = np.where(arrays["mask"], np.uint8(128), before)
            before = np.concatenate([before, hidden], axis=1)
        rows = np.concatenate([before, rows], axis=1)
    with writing(folder):
        np.savez_compressed(folder / "images.npz", **arrays)
        for number, image in enumerate(images):
            write_png(folder / "pictures" / f"{number:04d}.png", image)
        write_png(folder / "grid.png", grid(rows.reshape(-1, *images.shape[1:]), rows.shape[1]))
