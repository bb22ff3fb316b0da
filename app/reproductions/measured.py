"""A child of a table that trains nothing: another child, drawn from or judged in another way."""

from dataclasses import asdict, dataclass, replace

from app.config import Evaluation, Recipe, Sampling, to_dict

STARTS = ("noise", "unit", "mean", "data")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Samples of a trained child, drawn otherwise, judged by another extractor, or both.

    Use it for tables over samplers, guidance, steps, starts, weights or attention kernels: one
    training run, many rows. Samples of one setting are drawn once, whoever judges them.

    Args:
        name: name of its run.
        of: key of the child whose weights draw.
        base: recipe of that child.
        sampling: `Sampling`, or None: that of the recipe.
        samples: int; images.
        weights: "best", "raw", "ema" or "swa".
        start: where sampling starts, at the end of the chain: "noise" is noise as in training;
            "unit" N(0, I), where the noise of training was scaled by entropy; "mean" what the
            schedule makes of the mean training image, `signal_rate * mean + noise_rate * noise`;
            "data" what it makes of training images, which is exactly what the network was trained
            on, and shows what a matching start would be worth.
        kernel: attention kernel that computes with the same weights, or None: that of the recipe.
        extractor: extractor that judges, or "auto".
        metrics: names, or () for the usual ones.
        classifier: key of the child whose classifier of noisy images asks for attributes, while the
            network is told nothing; or None. Then shares are measured, with asking and without.
        classifier_scale: float >= 0; of its gradient.
    """

    name: str
    of: str
    base: Recipe
    sampling: Sampling | None = None
    samples: int = 2000
    weights: str = "best"
    start: str = "noise"
    kernel: str | None = None
    extractor: str = "auto"
    metrics: tuple[str, ...] = ()
    classifier: str | None = None
    classifier_scale: float = 0.0

    def __post_init__(self):
        if self.start not in STARTS:
            raise ValueError(f"`start` must be one of {STARTS}. Received: {self.start!r}.")
        if self.start == "unit" and self.base.diffusion.noise != "entropy":
            raise ValueError(
                "A start from unit noise is told from noise scaled by entropy. Received: the noise "
                f"{self.base.diffusion.noise}, which is drawn as it is. Pass start 'noise'."
            )
        if self.start in ("mean", "data") and self.drawn_by.guidance:
            raise ValueError(
                f"A start that holds images draws without guidance. Received: {self.start!r} with "
                f"guidance {self.drawn_by.guidance}."
            )

    @property
    def needs(self):
        """Keys of the children that must be trained before."""
        return tuple(filter(None, (self.of, self.classifier)))

    @property
    def drawn_by(self):
        """The sampling that draws."""
        return self.base.sampling if self.sampling is None else self.sampling

    @property
    def own_model(self):
        """Whether the model that draws is built anew around the weights of the trained one."""
        return self.start == "unit" or self.kernel is not None

    def changed(self, recipe):
        """The recipe of the trained child with all that this one does otherwise."""
        diffusion, network = recipe.diffusion, recipe.network
        if self.start == "unit":
            diffusion = replace(diffusion, unit_noise_start=True)
        if self.kernel is not None:
            network = replace(network, kernel=self.kernel)
        evaluation = Evaluation(
            samples=self.samples, extractor=self.extractor, metrics=self.metrics
        )
        return replace(
            recipe,
            diffusion=diffusion,
            network=network,
            sampling=self.drawn_by,
            evaluation=evaluation,
        )


def config_of(child):
    """The configuration of a child of either kind, as values for JSON."""
    if not isinstance(child, Measured):
        return to_dict(child)
    own = {name: getattr(child, name) for name in ("name", "of", "samples", "weights", "start")}
    own |= {"extractor": child.extractor, "metrics": list(child.metrics)}
    own |= {"kernel": child.kernel} if child.kernel else {}
    if child.classifier:
        own |= {"classifier": child.classifier, "classifier_scale": child.classifier_scale}
    return {
        "kind": "measured",
        **own,
        "sampling": asdict(child.drawn_by),
        "base": to_dict(child.base),
    }
