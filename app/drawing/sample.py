"""The verb `sample`: draws images from a run, in parts, so that a stop loses none of them."""

import dataclasses
import functools
import hashlib
import json

import numpy as np

from app.build.sampling import class_labels, drawing, unlabelled
from app.config import Sampling
from app.config.readers import drawn_with
from app.drawing.steering import Steered, Steering, steering_of
from app.files import write_atomically, writing
from app.models.sampling import draw_images
from app.progress import bar, console
from app.run import Run
from app.trained import load_trained, recipe_of
from callbacks.image_grid import grid, write_png

PART = 1000  # images a file
LATER = ("churn", "churn_interval", "churn_noise", "moves", "snr")


@dataclasses.dataclass(frozen=True)
class Draw:
    """One set of samples: how many, of what, how."""

    count: int
    labels: tuple[int | str, ...]
    sampling: Sampling
    first_index: int = 0
    weights: str = "best"
    steering: Steering | None = None
    attributes: tuple[str, ...] = ()

    @property
    def digest(self):
        """Names the folder of these samples: the same request finds the same folder."""
        values = dataclasses.asdict(self)
        values["sampling"].pop("batch_size")  # without effect on the images
        if self.steering is None:
            values.pop("steering")  # as samples drawn before there was any
        elif not self.steering.classifier_labels:
            values["steering"].pop("classifier_labels")  # likewise
        for name in ("guidance_interval", *LATER):
            # Unchanged, they are left out: as in samples drawn before there were such choices.
            if getattr(self.sampling, name) == getattr(Sampling(), name):
                values["sampling"].pop(name)
        if values["sampling"]["sampler"] != "cold":  # the same
            values["sampling"] = {k: v for k, v in values["sampling"].items() if k[:5] != "cold_"}
        if not values["attributes"]:
            values.pop("attributes")  # likewise
        return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()[:10]

    @property
    def folder(self):
        """Name of the folder of what the verb `sample` draws."""
        return f"samples-{self.digest}"


def sample_options(recipe, count, **changes):
    """A request with the recipe's own sampling, changed where asked."""
    return Draw(count=count, labels=(), sampling=recipe.sampling, **changes)


def sample(options):
    """The `sample` verb: `options` as in `app.options.Sample`.

    Returns:
        (run, recipe, model, request): what was drawn from, and the `Draw`, for who measures it.
    """
    run = Run.open(options.run, options.runs)
    recipe = asked_recipe(run, options)
    _, model = load_trained(run, options.weights)
    request = Draw(
        count=options.count,
        labels=tuple(options.labels),
        sampling=recipe.sampling,
        first_index=options.first_index,
        weights=options.weights,
        steering=steering_of(options),
        attributes=tuple(options.attributes),
    )
    record(run, request)
    path = draw_into(run, recipe, model, request, request.folder)
    console.print(f"images and labels: {path.parent}")
    console.print(f"grid of the first {min(100, options.count)}: {path}")
    return run, recipe, model, request


def record(run, request):
    """Writes request.json into the folder of what is asked for."""
    path = run.path("samples", request.folder, "request.json")
    write_atomically(path, json.dumps(dataclasses.asdict(request), indent=1))


def asked_recipe(run, options):
    """The recipe of a run with the sampling that the options of `sample` ask for.

    Options of the recipe's own sampler that another one does not read are left out.
    """
    changes = {
        name: value
        for name in ("steps", "guidance", "guidance_interval", "sampler", "seed")
        if (value := getattr(options, name)) is not None
    }
    return drawn_with(recipe_of(run), **changes, **options.settings.changes)


def draw_into(run, recipe, model, request, name):
    """Draws a request into samples/<name>/; returns the path of the picture of the first 100."""
    images, _ = draw_parts(run, model, request, name)
    return write_grid(run, name, images[:100])


def write_grid(run, name, images):
    """Writes samples/<name>/grid.png, at most ten images a row; returns its path."""
    path = run.path("samples", name, "grid.png")
    with writing(path):
        write_png(path, grid(images, min(10, len(images))))
    return path


def draw_parts(run, model, request, name, labels=None, steered=None):
    """Draws what is not there yet, in files of 1,000 images; returns all images and labels.

    `labels`, one an image, are those of the request where they are not given, and `steered` is
    what steers it.
    """
    sampling, parts = request.sampling, []
    if model.noise.given_start:  # too few of them are refused before the first part is drawn
        model.noise.start(sampling.seed, request.first_index, request.count, model.image_shape)
    steered = steered or Steered(request.steering, run, model)
    labels, seen = steered.labels(request) if labels is None else (labels, labels)
    condition = labels if model.conditional else None
    if unlabelled(request.labels):
        told = request.attributes if steered.classifier is None else ()
        condition = class_labels(model, request.count, request.labels, 0, told)
    guides, texts = steered.asked(labels, seen, request.count)
    with bar("sampling", request.count) as show:
        for begin in range(0, request.count, PART):
            end = min(begin + PART, request.count)
            first = request.first_index + begin
            path = run.path("samples", name, f"images-{first:06d}.npz")
            rows = None if labels is None else labels[begin:end]
            drawn = _read(path)
            if drawn is None:
                draw = functools.partial(
                    draw_images,
                    model,
                    end - begin,
                    None if condition is None else condition[begin:end],
                    **drawing(sampling, model.pixel_range),
                    guides=[guide.part(begin, end) for guide in guides],
                    batch_size=sampling.batch_size,
                    progress=lambda done, begin=begin: show(begin + done),
                )
                wanted = None if texts is None else texts[begin:end]
                drawn, chosen = steered.choose(draw, first, wanted)
                said = {"attribute_names": steered.attributes} if steered.attributes else {}
                if seen is not labels:
                    said["asked"] = seen[begin:end]
                _save(path, drawn, rows, sampling.seed, first, **chosen, **said)
            show(end)
            parts.append(drawn)
    return np.concatenate(parts), labels


def draw_unclipped(model, request, labels, count):
    """The first `count` images of a request as the model leaves them: 0 to 255, and beyond.

    Args:
        model: the model.
        request: the `Draw`, not steered.
        labels: those that `draw_parts` returned for it.
        count: int; at most as many as the request has.

    Returns:
        float32 numpy array `(count, height, width, channels)`, neither rounded nor clipped.
    """
    return draw_images(
        model,
        count,
        labels[:count] if model.conditional else None,
        **drawing(request.sampling, model.pixel_range),
        first_index=request.first_index,
        batch_size=request.sampling.batch_size,
        quantized=False,
    )


def is_drawn(run, name):
    """Whether there are images in samples/<name>/."""
    return _read(run.folder / "samples" / name / "images-000000.npz") is not None


def first_images(run, name, count):
    """The first images of samples/<name>/, which were drawn before; at most `count` of them."""
    return _read(run.folder / "samples" / name / "images-000000.npz")[:count]


def _read(path):
    """The images of a part that was drawn before; None where there is none, or a damaged one."""
    try:
        with np.load(path, allow_pickle=False) as part:
            return part["images"]
    except Exception:  # no file, or one of the many ways in which an archive can be damaged
        return None


def _save(path, images, labels, seed, first_index, **said):
    """Writes one part whole or not at all; `said` is what there is to say beside."""
    unfinished = path.with_name(path.name + ".part.npz")
    with writing(path):
        np.savez_compressed(
            unfinished,
            images=images,
            labels=np.full(len(images), -1) if labels is None else labels,
            seed=seed,
            index=np.arange(first_index, first_index + len(images)),
            **said,
        )
        unfinished.replace(path)
