"""The numbers of an epoch: a Frechet distance, and any metrics beside it, of any weights."""

from app.build.extractor import build_extractor, extractor_for
from app.data.pixels import as_uint8
from app.metrics.frechet import frechet_distance
from app.metrics.model_score import ModelScore
from app.metrics.statistics import Statistics


class EpochScores:
    """Draws from the model once for each kind of weights, and measures what was drawn.

    "fmd" is the Frechet distance, a number that the best checkpoint can be chosen by. Metrics
    asked for beside it have their own names, of another extractor with its name: cmmd_clip_vit_b32.
    Of all weights each stands as fmd_raw, fmd_ema and fmd_swa too, as far as there is an average.

    Args:
        recipe: the recipe.
        images: its data.
        averages: the averages of the weights by name.
        average: the one of them that "fmd" is of, or None: the raw weights.
        draw: function (model, count) -> images, uint8 or floats as `ModelScore` takes them.

    Raises:
        ValueError: a metric has no such name, or cannot be computed.
    """

    def __init__(self, recipe, images, averages, average, draw):
        watching = recipe.watching
        self.count, self.draw, self.average = watching.score_samples, draw, average
        self.averages = averages if watching.score_weights == "all" else None
        pool, other = images.train, images.test
        if watching.score_split == "test":
            pool, other = other, pool
        real = pool.first(min(len(pool), watching.score_real)).images
        self.extractor = extractor_for(recipe, images.train)
        self.real = Statistics.of(self.extractor(real))
        self.others = {}
        for extractor, names in _by_extractor(watching.score_metrics).items():
            judge = self.extractor
            if extractor:
                judge = build_extractor(extractor, images.train.image_shape)
            # Only the floor of a normalised distance needs real images that were held out.
            held = _rest(pool, watching.score_real, other) if "fmd_15" in names else None
            self.others[extractor] = ModelScore(
                names, lambda drawn: drawn, real, judge, held_out=held
            )

    def __call__(self, model):
        """The numbers by name; the model comes with its raw weights."""
        best = self.average if self.average is not None and self.average.ready else None
        if self.averages is None:
            return self._of(model, best)
        named = {"raw": None, **{n: each for n, each in self.averages.items() if each.ready}}
        found = {name: self._of(model, each) for name, each in named.items()}
        chosen = next(name for name, each in named.items() if each is best)
        return {"fmd": found[chosen]["fmd"]} | {
            f"{metric}_{name}": value
            for name, values in found.items()
            for metric, value in values.items()
        }

    def _of(self, model, average):
        """The numbers of the raw weights, or of an average."""
        if average is None:
            drawn = self.draw(model, self.count)
        else:
            with average.swapped(model):
                drawn = self.draw(model, self.count)
        found = {"fmd": frechet_distance(self.extractor(as_uint8(drawn)), self.real)}
        for extractor, score in self.others.items():
            suffix = f"_{extractor.replace('-', '_')}" if extractor else ""
            found |= {f"{name}{suffix}": value for name, value in score(drawn).items()}
        return found


def _by_extractor(metrics):
    """{extractor or "": names of metrics} of texts like "cmmd@clip-vit-b32"."""
    found = {}
    for text in metrics:
        name, _, extractor = text.partition("@")
        found.setdefault(extractor, []).append(name)
    return found


def _rest(pool, count, other):
    """Real images that are not among the first `count`; of another part where there are none."""
    if len(pool) > count and not pool.streamed:
        return pool.images[count:]
    return other.first(min(len(other), 10_000)).images
