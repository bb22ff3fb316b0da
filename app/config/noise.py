"""Which choices of noise, target and sampler go together; each failure is a sentence."""

from __future__ import annotations

from app.config.validation import require

# Options of one noise, and what they are where they are not used.
OPTIONS = {
    "entropy": {
        "noise_scale": "image",
        "constant_scale": 0.878,
        "unit_noise_target": False,
        "unit_noise_start": False,
    },
    "images": {"noise_data": "fashion_mnist", "noise_directory": None},
}
# Samplers that fit a noise other than the Gaussian; those of "images" draw none on the way.
SAMPLERS = {
    "entropy": ("ddim", "ddpm", "dpm_solver", "cold", "euler", "heun"),
    "images": ("cold", "ddim", "dpm_solver", "euler", "heun"),
}


def check_noise(diffusion) -> None:
    """Raises ValueError unless the options of the noise of a `Diffusion` fit each other."""
    for noise, options in OPTIONS.items():
        for name, unused in options.items():
            value = getattr(diffusion, name)
            require(
                diffusion.noise == noise or value == unused,
                f"`{name}` is an option of the noise {noise}. Received: {value} with the noise "
                f"{diffusion.noise}. Leave it out, or set `noise` to {noise}.",
            )
    require(
        diffusion.constant_scale > 0,
        f"`constant_scale` must be above 0. Received: {diffusion.constant_scale}.",
    )
    require(
        diffusion.noise_scale == "constant" or diffusion.constant_scale == 0.878,
        "`constant_scale` is the scale where `noise_scale` is constant. Received: "
        f"{diffusion.constant_scale} with {diffusion.noise_scale}.",
    )
    require(
        not diffusion.unit_noise_target or diffusion.target == "noise",
        "`unit_noise_target` asks for the unit noise in place of the noise, so `target` must be "
        f"noise. Received: {diffusion.target}.",
    )
    require(
        diffusion.noise != "images" or diffusion.target not in ("noise", "score"),
        "With images as noise, sampling starts from an image that is nothing but noise, which a "
        f"prediction of the noise says nothing about. Received: `target` {diffusion.target}. "
        "Take clean.",
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
