"""Settings of a sampler that need no training: those of the recipe, changed by `sample`."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class SamplerSettings:
    """How a sampler draws (unset: as in the recipe); what it does not read is refused."""

    spacing: Literal["trailing", "leading", "linspace"] | None = None
    """Which steps of the chain are visited."""
    eta: float | None = None
    """Noise added by ddim, 0 (none) to 1 (as much as ddpm)."""
    variance: Literal["posterior", "beta"] | None = None
    """Noise added by ddpm: the posterior's variance, or beta."""
    cold_algorithm: Literal["1", "2"] | None = None
    """cold: the algorithm of its paper; 2 corrects itself."""
    cold_noise: Literal["kept", "estimated"] | None = None
    """cold: degrade again by the image it started from, or by an estimate of it."""
    churn: float | None = None
    """Noise that euler and heun add over all steps, 0 or more (S_churn)."""
    churn_interval: tuple[float, float] | None = None
    """Churn where low <= sigma <= high only; 0 1e9: at all."""
    churn_noise: float | None = None
    """Factor of the churn's noise, above 0 (S_noise)."""
    moves: int | None = None
    """Moves at each step of langevin and predictor_corrector."""
    snr: float | None = None
    """Length of such a move in relation to its noise, (0, 1)."""
    clip: bool | None = None
    """Clip the estimated clean image to the pixel range at each step."""

    @property
    def changes(self):
        """{setting: value} of those that are set."""
        return {name: value for name, value in vars(self).items() if value is not None}
