"""The verb `sample`: draws images from a run, in parts, so that a stop loses none of them."""

import dataclasses
import hashlib
import json

import numpy as np
from PIL import Image

from app.build.sampling import class_labels, drawing
from app.config import Sampling
from app.files import writing
from app.models.sampling import draw_images
from app.progress import bar, console
from app.run import Run
from app.trained import load_trained, recipe_of
from callbacks.image_grid import grid

PART = 1000  # images a file


@dataclasses.dataclass(frozen=True)
class Draw:
    """One set of samples: how many, of what, how."""

    count: int
    labels: tuple[int, ...]
    sampling: Sampling
    first_index: int = 0
    weights: str = "best"
    attributes: tuple[str, ...] = ()

    @property
    def digest(self):
        """Names the folder of these samples: the same request finds the same folder."""
        values = dataclasses.asdict(self)
        values["sampling"].pop("batch_size")  # without effect on the images
        if values["sampling"]["guidance_interval"] is None:
            values["sampling"].pop("guidance_interval")  # as samples drawn before there was one
        if values["sampling"]["sampler"] != "cold":  # the same
            values["sampling"] = {k: v for k, v in values["sampling"].items() if k[:5] != "cold_"}
        if not values["attributes"]:
            values.pop("attributes")  # likewise
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:10]


def sample_options(recipe, count, **changes):
    """A request with the recipe's own sampling, changed where asked."""
    return Draw(count=count, labels=(), sampling=recipe.sampling, **changes)


def sample(options):
    """The `sample` verb: `options` as in `app.options.Sample`."""
    run = Run.open(options.run, options.runs)
    recipe = recipe_of(run)
    changes = {
        name: value
        for name in ("steps", "guidance", "guidance_interval", "sampler", "seed")
        if (value := getattr(options, name)) is not None
    }
    recipe = dataclasses.replace(  # checks them against the chain and the condition
        recipe, sampling=dataclasses.replace(recipe.sampling, **changes)
    )
    _, model = load_trained(run, options.weights)
    request = Draw(
        count=options.count,
        labels=tuple(options.labels),
        sampling=recipe.sampling,
        first_index=options.first_index,
        weights=options.weights,
        attributes=tuple(options.attributes),
    )
    path = draw_into(run, recipe, model, request, f"samples-{request.digest}")
    console.print(f"images and labels: {path.parent}")
    console.print(f"grid of the first {min(100, options.count)}: {path}")
    return path


def draw_into(run, recipe, model, request, name):
    """Draws a request into samples/<name>/; returns the path of the picture of the first 100."""
    images, _ = draw_parts(run, model, request, name)
    columns = 10 if len(images) >= 10 else len(images)
    path = run.path("samples", name, "grid.png")
    with writing(path):
        Image.fromarray(grid(images[:100], columns).squeeze()).save(path)
    return path


def draw_parts(run, model, request, name, labels=None):
    """Draws what is not there yet, in files of 1,000 images; returns all images and labels.

    `labels`, one an image, are those of the request where they are not given.
    """
    if labels is None:
        labels = class_labels(
            model, request.count, request.labels, request.first_index, request.attributes
        )
    sampling, parts = request.sampling, []
    if model.noise.given_start:  # too few of them are refused before the first part is drawn
        model.noise.start(sampling.seed, request.first_index, request.count, model.image_shape)
    with bar("sampling", request.count) as show:
        for begin in range(0, request.count, PART):
            end = min(begin + PART, request.count)
            first = request.first_index + begin
            path = run.path("samples", name, f"images-{first:06d}.npz")
            rows = None if labels is None else labels[begin:end]
            drawn = _read(path)
            if drawn is None:
                drawn = draw_images(
                    model,
                    end - begin,
                    rows,
                    **drawing(sampling, model.pixel_range),
                    first_index=first,
                    batch_size=sampling.batch_size,
                    progress=lambda done, begin=begin: show(begin + done),
                )
                _save(path, drawn, rows, sampling.seed, first, model.condition)
            show(end)
            parts.append(drawn)
    return np.concatenate(parts), labels


def _read(path):
    """The images of a part that was drawn before; None where there is none, or a damaged one."""
    try:
        with np.load(path, allow_pickle=False) as part:
            return part["images"]
    except Exception:  # no file, or one of the many ways in which an archive can be damaged
        return None


def _save(path, images, labels, seed, first_index, condition):
    """Writes one part whole or not at all."""
    names = getattr(condition, "names", ())
    unfinished = path.with_name(path.name + ".part.npz")
    with writing(path):
        np.savez_compressed(
            unfinished,
            images=images,
            labels=np.full(len(images), -1) if labels is None else labels,
            seed=seed,
            index=np.arange(first_index, first_index + len(images)),
            **({"attribute_names": list(names)} if names else {}),
        )
        unfinished.replace(path)
