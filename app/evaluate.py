"""The verb `evaluate`: draws images, measures them, writes table, JSON and figures."""

import json

from app.build import build_data, extractor_for
from app.errors import UserError
from app.files import write_atomically
from app.metrics.evaluation import measure
from app.progress import bar, console
from app.reports.tables import scores_table
from app.run import Run
from app.sample import draw_parts, sample_options
from app.tracking import Mirror
from app.trained import load_trained

FEWEST = 16  # images; of fewer no distance means anything
MOST_REAL = 60_000  # real images measured against; more are streamed sets cut off


def evaluate_run(run_id, samples, weights="best", root="runs"):
    """The `evaluate` verb."""
    if samples < FEWEST:
        raise UserError(f"`--samples` must be {FEWEST} or more. Received: {samples}.")
    run = Run.open(run_id, root)
    recipe, model = load_trained(run, weights)
    scores = evaluate(run, recipe, build_data(recipe), model, samples, weights)
    Mirror(run, say=console.print).push(everything=True)
    return scores


def evaluate(run, recipe, images, model, samples, weights="best"):
    """Scores of `samples` images, into scores.json and onto the screen."""
    request = sample_options(recipe, samples, weights=weights)
    drawn, labels = draw_parts(run, model, request, f"evaluation-{request.digest}")
    real = images.train.first(min(len(images.train), MOST_REAL))
    unseen = images.test.first(min(len(images.test), MOST_REAL))
    with bar("measuring", 1) as show:
        scores = measure(
            drawn,
            real.images,
            extractor_for(recipe, images.train),
            held_out=unseen.images,
            labels=labels,
            held_out_labels=unseen.labels,
            description=f"{real.name} train, {len(real)} images, digest {real.digest}",
        )
        show(1)
    path = run.path("scores.json")
    values = {name: score.as_dict() for name, score in scores.items()}
    write_atomically(path, json.dumps(values, indent=2))
    console.print(scores_table(scores))
    return scores
