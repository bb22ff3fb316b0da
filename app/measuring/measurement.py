"""What every measurement does: a plan, one pass through the extractor, what it leaves in a run."""

import json

from app.build.prompts import class_prompts
from app.files import write_atomically
from app.measuring.illustrate import illustrate
from app.metrics.evaluation import scores_of
from app.metrics.feature_cache import FeatureCache
from app.metrics.feature_pass import FeaturePass
from app.metrics.plan import Plan
from app.progress import bar, console
from app.reports.tables import scores_table

OWN_COUNT = "attribute_"  # scores of images drawn for themselves


def plan_of(count, shape, reference, prompt, labelled):
    """What is known of an evaluation before it begins."""
    return Plan(
        count=count,
        shape=tuple(shape[:2]) + (reference.shape[2],),
        extractor=reference.extractor,
        reference_count=reference.count,
        reference_shape=None if reference.real is None else reference.shape,
        labelled=labelled,
        prompts=class_prompts(reference.class_names, prompt) or None,
    )


def pass_of(images, reference, **fields):
    """The one pass of all sets of images through the extractor, from the cache where it is there.

    Args:
        images: what is measured.
        reference: the `Reference`.
        **fields: more of the `FeaturePass`.
    """
    real, held_out = reference.real, reference.held_out
    return FeaturePass(
        images=images,
        reference=None if real is None else real.images,
        extractor=reference.extractor,
        held_out=None if held_out is None else held_out.images,
        held_out_labels=None if held_out is None else held_out.labels,
        description=reference.words,
        cache=FeatureCache(say=console.print, bar=bar),
        known=reference.statistics,
        **fields,
    )


def leave(run, seen, reference, metrics, facts=None, keep=False):
    """Measures; leaves scores.json and figures in a run folder, and the table on the screen."""
    scores = scores_of(seen, metrics)
    path = run.path("scores.json")
    records = {name: {**score.as_dict(), **(facts or {})} for name, score in scores.items()}
    if keep:
        records = {**_kept(path, facts, len(seen.images)), **records}
    write_atomically(path, json.dumps(records, indent=2))
    illustrate(run, seen, scores, reference.class_names)
    console.print(scores_table(scores))
    console.print(f"scores and figures: {run.folder}")
    return scores


def _kept(path, facts, samples):
    """Scores that an earlier evaluation left of the same weights and number of images."""
    try:
        old = json.loads(path.read_text(encoding="utf-8")).items()
        return {
            name: record
            for name, record in old
            if facts.items() <= record.items()
            and (name.startswith(OWN_COUNT) or record.get("samples") == samples)
        }
    except (OSError, ValueError, TypeError, AttributeError):  # none yet, or damaged
        return {}
