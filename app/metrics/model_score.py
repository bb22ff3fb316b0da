"""Metrics by name of what a model draws, as a function that callbacks and loops can call."""

from app.data.pixels import as_uint8
from app.metrics.evaluation import scores_of
from app.metrics.feature_pass import FeaturePass
from app.metrics.passing import passed
from app.metrics.plan import Plan


class ModelScore:
    """A function of a model: draws images and measures them by the names of metrics.

    Use it with `callbacks.FrechetLogger` in any `model.fit`, so that "fid", "kid" or "cmmd" stand
    among the numbers of an epoch. Real images pass through the extractor once, drawn ones each
    time.

    Args:
        metrics: a name of `app.metrics.registry.METRICS`, or several.
        draw: function (model) -> uint8 images `(n, height, width, channels)`, or floats on their
            scale: these are rounded and clipped, and "psnr_unclipped" says what that hides.
        reference: uint8 real images the distances are taken to.
        extractor: a feature extractor of `app.metrics.features`.
        held_out: uint8 real images that are not in `reference`, or None.
        labels: int `(n,)`; class each drawn image shall show, or None.
        prompts: one text a class, for "image_text", or None.

    Returns:
        When called with a model: dict of name to float, the names being those of `measure`.

    Raises:
        ValueError: a metric has no such name, or lacks something; said before anything is drawn.

    Example:
        ```python
        score = ModelScore(["kid", "fid"], draw, real, DigitFeatures())
        history = model.fit(batches, epochs=20, callbacks=[FrechetLogger(score, every=5)])
        history.history["kid"]  # epochs 1, 5, 10, 15, 20
        ```
    """

    def __init__(
        self, metrics, draw, reference, extractor, *, held_out=None, labels=None, prompts=None
    ):
        self.metrics = [metrics] if isinstance(metrics, str) else list(metrics)
        self.draw, self.reference, self.extractor = draw, reference, extractor
        self.held_out, self.labels, self.prompts = held_out, labels, prompts
        self._features, self._statistics = {}, None
        self._plan(len(reference), reference.shape[1:])

    def _plan(self, count, shape):
        """The names of the metrics, if so many images of that shape can bear them."""
        plan = Plan(
            count,
            shape,
            self.extractor,
            len(self.reference),
            self.reference.shape[1:],
            self.labels is not None,
            self.prompts,
        )
        return plan.chosen(self.metrics)

    def __call__(self, model):
        """Draws and measures."""
        drawn = self.draw(model)
        images = as_uint8(drawn)
        seen = FeaturePass(
            images=images,
            reference=self.reference,
            extractor=self.extractor,
            held_out=self.held_out,
            labels=self.labels,
            prompts=self.prompts,
            unclipped=None if images is drawn else drawn,
            cache=self,
            known=self._statistics,
        )
        scores = scores_of(seen, self._plan(len(images), images.shape[1:]))
        self._statistics = vars(seen).get("statistics")  # None until a metric has asked for them
        return {name: score.value for name, score in scores.items()}

    def outputs(self, images, extractor, name):
        """Features and logits of a set, as of a `FeatureCache`; those of real images are kept."""
        known = self._features.get(id(images))
        if known is None:
            made = passed(images, extractor)
            known = made["features"], made.get("logits")
            if images is self.reference or images is self.held_out:
                self._features[id(images)] = known
        return known
