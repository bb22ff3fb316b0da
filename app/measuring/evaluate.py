"""The verb `evaluate`: measures a run, a folder or an archive; writes table, JSON and figures."""

from dataclasses import asdict

from app.build.data import build_data
from app.data.channels import like
from app.data.image_set import class_numbers, open_images
from app.errors import UserError
from app.measuring.measure_run import measure_run, own_reference
from app.measuring.measurement import leave, pass_of, plan_of
from app.measuring.reference import open_reference
from app.progress import bar, console
from app.run import Run
from app.tracking import Mirror
from app.trained import load_trained

FEWEST = 16  # images; of fewer no distance means anything
SAMPLES = 2000  # images drawn where no number is given


def evaluate_run(run, options):
    """The `evaluate` verb on a run of kind diffusion: `options` as in `app.options.Evaluate`."""
    samples = asked_samples(options)
    recipe, model = load_trained(run, options.weights)
    images = build_data(recipe, options.data_directory)
    reference = asked_reference(recipe, images, options)
    scores = measure_run(
        run,
        recipe,
        images,
        model,
        samples,
        weights=options.weights,
        reference=reference,
        metrics=names_of(options.metrics),
        prompt=options.prompt,
        keep=True,
    )
    Mirror(run, say=console.print).push(everything=True)
    return scores


def evaluate_images(options):
    """The `evaluate` verb on a folder or an archive; what it finds is a run of its own kind."""
    if not options.against:
        raise UserError(
            "Images are measured against real ones: pass --against with a data set, a folder or an "
            ".npz file, like --against mnist."
        )
    if options.samples is not None:
        _enough(options.samples)
    generated = open_images(options.subject, options.skip_damaged, bar)
    if generated.skipped:
        console.print(
            f"{len(generated.skipped)} damaged files were left out: {generated.skipped[0]}"
            + (" and others." if len(generated.skipped) > 1 else ".")
        )
    _enough(len(generated), f"'{options.subject}' must hold {FEWEST} images or more.")
    generated = generated.sample(options.samples or len(generated))
    reference = open_reference(options, console.print, bar)
    images = like(generated.images, reference.shape[2], generated.name)
    numbers = class_numbers(generated.class_names, reference.class_names)
    labels = None if numbers is None else numbers[generated.labels]
    plan = plan_of(len(images), images.shape[1:], reference, options.prompt, labels is not None)
    metrics = plan.chosen(names_of(options.metrics))
    name, version = reference.words.split(",")[0], "1"
    run = Run.create(
        generated.name,
        asdict(options),
        "evaluation",
        root=options.evaluations,
        dataset={"name": name, "version": version, "digest": reference.digest},
        subject={"name": generated.name, "digest": generated.digest, "count": len(generated)},
    )
    with Mirror(run, say=console.print):
        seen = pass_of(images, reference, labels=labels, prompts=plan.prompts)
        return leave(run, seen, reference, metrics)


def asked_reference(recipe, images, options):
    """The reference that the options of `evaluate` ask for, of a run."""
    if options.against:
        return open_reference(options, console.print, bar)
    return own_reference(recipe, images, options)


def names_of(metrics):
    """The names of the metrics asked for, or None."""
    return None if metrics is None else [name.strip() for name in metrics.split(",")]


def asked_samples(options):
    """The number of images that the options of `evaluate` ask for, of a run."""
    return _enough(SAMPLES if options.samples is None else options.samples)


def _enough(samples, wanted=f"`--samples` must be {FEWEST} or more."):
    """The number of images, or a sentence if it is too small to measure."""
    if samples < FEWEST:
        raise UserError(f"{wanted} Received: {samples}.")
    return samples
