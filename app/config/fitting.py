"""Which choices of a diffusion process go together; refused otherwise, with those that would."""

from __future__ import annotations

from app.config.readers import either
from app.config.validation import require

# Kind of each schedule: variance preserving, exploding (noise levels on the whole image), or flow.
KINDS = {
    **dict.fromkeys(("linear", "cosine", "geometric", "annealed", "sigmoid"), "preserving"),
    **dict.fromkeys(("exploding", "karras"), "exploding"),
    "flow": "flow",
}
# Targets that are sound on each kind: of those with levels the input is scaled by the target.
TARGETS = {
    "preserving": ("noise", "clean", "velocity", "flow", "edm", "score"),
    "exploding": ("edm", "score"),
    "flow": ("flow", "clean", "edm"),
}
# Predictions of the noise, which say nothing of the image where there is no signal.
NOISE_TARGETS = ("noise", "score")
STEPS_LIMIT = 32767  # of a chain: a sampler's `Trajectory` computes 2 T^2 in int32
# Noise levels where the recipe leaves them unset: the schedules' own.
SIGMAS = {"exploding": (0.01, 50.0), "karras": (0.002, 80.0)}
SCORE_SAMPLERS = {"langevin": ("exploding",), "predictor_corrector": ("exploding", "preserving")}


def check_process(diffusion) -> None:
    """Raises ValueError unless schedule, target, times and weighting of a process fit."""
    kind = KINDS[diffusion.schedule]
    require(
        diffusion.target in TARGETS[kind],
        f"`schedule` {diffusion.schedule} goes with `target` {either(TARGETS[kind])}. "
        f"Received: {diffusion.target}.",
    )
    require(
        not diffusion.zero_terminal or kind == "preserving",
        "`zero_terminal` rescales a variance-preserving schedule. Received: `schedule` "
        f"{diffusion.schedule}. Leave it out, or take {either(schedules('preserving'))}.",
    )
    require(
        not diffusion.zero_terminal or diffusion.target not in NOISE_TARGETS,
        "`zero_terminal` leaves no signal at the last step, where a noise prediction says "
        f"nothing of the image. Received: `target` {diffusion.target}. Take "
        f"{either(signal_targets(diffusion.schedule))}.",
    )
    require(
        not diffusion.zero_terminal or diffusion.steps > 1,
        "`zero_terminal` needs a chain of 2 `steps` or more. Received: 1.",
    )
    require(
        diffusion.weighting == "none" or diffusion.target != "edm",
        "`target` edm has a weight of its own: take `weighting` none. "
        f"Received: {diffusion.weighting}.",
    )
    require(
        diffusion.times != "logit_normal" or kind == "flow",
        "`times` logit_normal are those of the `schedule` flow; take log_normal, uniform or "
        f"stratified. Received: `schedule` {diffusion.schedule}.",
    )


def check_drawing(diffusion, sampling) -> None:
    """Raises ValueError unless sampler and spacing can draw from the process."""
    kind = KINDS[diffusion.schedule]
    kinds = SCORE_SAMPLERS.get(sampling.sampler, (kind,))
    others = "heun, euler, ddim or dpm_solver"
    if kind == "preserving":
        others = "predictor_corrector, ddpm, ddim or dpm_solver"
    require(
        kind in kinds,
        f"`sampling.sampler` {sampling.sampler} goes with `diffusion.schedule` "
        f"{either([name for one in kinds for name in schedules(one)])}. "
        f"Received: {diffusion.schedule}. Take the sampler {others}.",
    )
    require(
        sampling.sampler != "cold" or sampling.cold_noise != "kept" or kind != "exploding",
        "`sampling.sampler` cold with `cold_noise` kept takes its start for the noise, which holds "
        "with `diffusion.schedule` "
        f"{either(schedules('preserving') + schedules('flow'))}. Received: {diffusion.schedule}. "
        f"Take one of these, `sampling.cold_noise` estimated, or the sampler {others}.",
    )
    require(
        sampling.spacing != "leading"
        or sampling.steps == diffusion.steps
        or (kind == "preserving" and not diffusion.zero_terminal),
        "`sampling.spacing` leading starts below the last step, which alone is the pure noise that "
        f"sampling starts from. Received: {sampling.steps} `sampling.steps` of "
        f"{diffusion.steps}, `diffusion.schedule` {diffusion.schedule}, "
        f"`diffusion.zero_terminal` {diffusion.zero_terminal}. Take `sampling.spacing` trailing "
        "or linspace.",
    )


def signal_targets(schedule) -> tuple[str, ...]:
    """The targets that go with a schedule and are sound where there is no signal."""
    return tuple(name for name in TARGETS[KINDS[schedule]] if name not in NOISE_TARGETS)


def schedules(kind) -> list[str]:
    """The names of the schedules of a kind."""
    return [name for name, one in KINDS.items() if one == kind]
