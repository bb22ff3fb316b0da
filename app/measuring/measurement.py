"""What every measurement does: a plan, one pass through the extractor, what it leaves in a run."""

from app.build.prompts import class_prompts
from app.measuring.illustrate import illustrate
from app.metrics.evaluation import scores_of
from app.metrics.feature_cache import FeatureCache
from app.metrics.feature_pass import FeaturePass
from app.metrics.plan import Plan
from app.progress import bar, console
from app.reports.left_behind import leave_scores

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
    """Measures; leaves scores.json and figures in a run folder, and the table on the screen.

    Where `keep`, scores that an earlier evaluation left of the same facts and number of images
    stay.
    """

    def stays(name, record):
        same = keep and facts.items() <= record.items()
        return same and (name.startswith(OWN_COUNT) or record.get("samples") == len(seen.images))

    scores = scores_of(seen, metrics)
    leave_scores(run, scores, facts=facts, stays=stays)
    illustrate(run, seen, scores, reference.class_names)
    console.print(f"scores and figures: {run.folder}")
    return scores
