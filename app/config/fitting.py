"""Which choices of a diffusion process go together; refused otherwise, with those that would."""

from __future__ import annotations

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
# Noise levels where the recipe leaves them unset: the schedules' own.
SIGMAS = {"exploding": (0.01, 50.0), "karras": (0.002, 80.0)}
SCORE_SAMPLERS = {"langevin": ("exploding",), "predictor_corrector": ("exploding", "preserving")}


def check_process(diffusion) -> None:
    """Raises ValueError unless schedule, target, times and weighting of a process fit."""
    kind = KINDS[diffusion.schedule]
    require(
        diffusion.target in TARGETS[kind],
        f"`schedule` {diffusion.schedule} goes with `target` {_either(TARGETS[kind])}. "
        f"Received: {diffusion.target}.",
    )
    require(
        not diffusion.zero_terminal or kind == "preserving",
        "`zero_terminal` rescales a variance-preserving schedule. Received: `schedule` "
        f"{diffusion.schedule}. Leave it out, or take {_either(schedules('preserving'))}.",
    )
    require(
        not (diffusion.zero_terminal and diffusion.target in ("noise", "score")),
        "`zero_terminal` leaves no signal at the last step, where a noise prediction says "
        f"nothing of the image. Received: `target` {diffusion.target}. Take velocity or clean.",
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
    require(
        diffusion.times in ("log_normal", "logit_normal")
        or (diffusion.time_mean is None and diffusion.time_deviation is None),
        "`time_mean` and `time_deviation` are read by the `times` log_normal and logit_normal. "
        f"Received: `times` {diffusion.times}. Leave them unset, or take one of these.",
    )
    require(
        kind == "exploding"
        or (diffusion.smallest_sigma is None and diffusion.largest_sigma is None),
        "`smallest_sigma` and `largest_sigma` are read by the `schedule` "
        f"{_either(schedules('exploding'))}. Received: {diffusion.schedule}. Leave them unset.",
    )


def check_drawing(diffusion, sampling) -> None:
    """Raises ValueError unless the sampler can draw from the process."""
    kinds = SCORE_SAMPLERS.get(sampling.sampler)
    kind = KINDS[diffusion.schedule]
    if kinds is None or kind in kinds:
        return
    names = [name for one in kinds for name in schedules(one)]
    others = "heun, euler, ddim or dpm_solver"
    if kind == "preserving":
        others = "predictor_corrector, ddpm, ddim or dpm_solver"
    require(
        False,
        f"`sampling.sampler` {sampling.sampler} goes with `diffusion.schedule` {_either(names)}. "
        f"Received: {diffusion.schedule}. Take the sampler {others}.",
    )


def schedules(kind) -> list[str]:
    """The names of the schedules of a kind."""
    return [name for name, one in KINDS.items() if one == kind]


def _either(names) -> str:
    """Names as words: a, b or c."""
    return ", ".join(names[:-1]) + " or " + names[-1]
