"""Which choices of noise, target and sampler go together; each failure is a sentence."""

from __future__ import annotations

from app.config.fitting import signal_targets
from app.config.readers import either
from app.config.validation import require

# Samplers that fit a noise other than the Gaussian; those of "images" draw none on the way.
SAMPLERS = {
    "entropy": ("ddim", "ddpm", "dpm_solver", "cold", "euler", "heun"),
    "images": ("cold", "ddim", "dpm_solver", "euler", "heun"),
}


def check_noise(diffusion) -> None:
    """Raises ValueError unless the options of the noise of a `Diffusion` fit each other."""
    require(
        diffusion.constant_scale > 0,
        f"`constant_scale` must be above 0. Received: {diffusion.constant_scale}.",
    )
    require(
        not diffusion.unit_noise_target or diffusion.target == "noise",
        "`unit_noise_target` asks for the unit noise in place of the noise, so `target` must be "
        f"noise. Received: {diffusion.target}.",
    )
    fitting = signal_targets(diffusion.schedule)
    require(
        diffusion.noise != "images" or diffusion.target in fitting,
        "With images as noise, sampling starts from an image that is nothing but noise, which a "
        f"prediction of the noise says nothing about. Received: `target` {diffusion.target}. "
        f"Take {either(fitting)}.",
    )


def check_sampler(noise: str, sampling) -> None:
    """Raises ValueError unless a `Sampling` fits a noise."""
    fitting = SAMPLERS.get(noise)
    require(
        fitting is None or sampling.sampler in fitting,
        f"With the noise {noise}, `sampling.sampler` must be one of {', '.join(fitting or ())}. "
        f"Received: {sampling.sampler}.",
    )
    require(
        noise != "images" or sampling.sampler != "ddim" or sampling.eta == 0,
        "With images as noise nothing is drawn at random: `sampling.eta` must be 0. Received: "
        f"{sampling.eta}.",
    )
    require(
        noise != "images" or sampling.churn == 0,
        "With images as noise nothing is drawn at random: `sampling.churn` must be 0. Received: "
        f"{sampling.churn}.",
    )
