"""A child of a table that trains nothing: another child, drawn from or judged in another way."""

from dataclasses import asdict, dataclass

from app.config import Recipe, Sampling, to_dict

STARTS = ("noise", "mean", "data")


@dataclass(frozen=True, kw_only=True)
class Measured:
    """Samples of a trained child, drawn otherwise, judged by another extractor, or both.

    Use it for tables over samplers, guidance, steps, starts or weights: one training run, many
    rows. Samples of one setting are drawn once, whoever judges them.

    Args:
        name: name of its run.
        of: key of the child whose weights draw.
        base: recipe of that child.
        sampling: `Sampling`, or None: that of the recipe.
        samples: int; images.
        weights: "best", "raw", "ema" or "swa".
        start: where sampling starts, at the end of the chain: "noise" is unit noise; "mean" is
            what the schedule makes of the mean training image, `signal_rate * mean + noise_rate *
            noise`; "data" what it makes of training images, which is exactly what the network was
            trained on, and shows what a matching start would be worth.
        extractor: extractor that judges, or "auto".
        metrics: names, or () for the usual ones.
    """

    name: str
    of: str
    base: Recipe
    sampling: Sampling | None = None
    samples: int = 2000
    weights: str = "best"
    start: str = "noise"
    extractor: str = "auto"
    metrics: tuple[str, ...] = ()

    def __post_init__(self):
        if self.start not in STARTS:
            raise ValueError(f"`start` must be one of {STARTS}. Received: {self.start!r}.")
        if self.start != "noise" and self.drawn_by.guidance:
            raise ValueError(
                f"A start other than noise draws without guidance. Received: {self.start!r} with "
                f"guidance {self.drawn_by.guidance}."
            )

    @property
    def drawn_by(self):
        """The sampling that draws."""
        return self.base.sampling if self.sampling is None else self.sampling


def config_of(child):
    """The configuration of a child of either kind, as values for JSON."""
    if not isinstance(child, Measured):
        return to_dict(child)
    own = {name: getattr(child, name) for name in ("name", "of", "samples", "weights", "start")}
    own |= {"extractor": child.extractor, "metrics": list(child.metrics)}
    return {
        "kind": "measured",
        **own,
        "sampling": asdict(child.drawn_by),
        "base": to_dict(child.base),
    }
