"""Guidance and steps on CIFAR-10 (B11): one network, cosine schedule, drawn from many ways."""

from dataclasses import replace

from app.config import Evaluation
from app.recipes.cifar10 import CONDITIONAL
from app.reproductions.budgets import unet_budget
from app.reproductions.diffusion_rows import rows_of, slug
from app.reproductions.markdown import BY_INTERVALS, table, verdicts_table
from app.reproductions.measured import Measured
from app.reproductions.verdicts import apart, verdict

NAME = "cifar10-guidance"
TITLE = "Guidance and steps on CIFAR-10"
GUIDANCE, STEPS = (0, 1, 3, 7), (10, 50, 250, 1000)
MEASURES = ("frechet", "precision", "recall", "class_accuracy")
COSTLY = 60  # cpu: of more steps only at one guidance, and never 1,000


def children(budget, seeds, directory=None):
    """The runs by name: "trained-cosine-0", and "drawn-guidance <w> steps <n>-0".

    One training run, one seed: rows are told apart by the intervals of their scores. full: all 16
    settings, n = 5,000. cpu: all guidance at 10 and 50 steps, 250 steps at guidance 1, n = 1,000.
    smoke: embedded digits, 4 and 8 steps, n = 64.
    """
    base = replace(
        CONDITIONAL,
        diffusion=replace(CONDITIONAL.diffusion, schedule="cosine"),
        evaluation=Evaluation(
            samples=2000, metrics=("frechet", "precision_recall", "class_accuracy")
        ),
    )
    base = unet_budget(base, budget, directory)
    found = rows_of(NAME, "trained", {"cosine": base}, 0)
    of = next(iter(found))
    samples = {"smoke": 64, "cpu": 1000, "full": 5000}[budget]
    for guidance, steps in _settings(budget):
        found[f"drawn-guidance {guidance} steps {steps}-0"] = Measured(
            name=slug(NAME, "guidance", guidance, "steps", steps),
            of=of,
            base=found[of],
            sampling=replace(found[of].sampling, guidance=float(guidance), steps=steps),
            samples=samples,
            metrics=found[of].evaluation.metrics,
        )
    return found


def _settings(budget):
    """Pairs (guidance, steps)."""
    if budget == "smoke":
        return [(guidance, steps) for guidance in (0, 7) for steps in (4, 8)]
    every = [(guidance, steps) for steps in STEPS for guidance in GUIDANCE]
    if budget == "full":
        return every
    return [(w, n) for w, n in every if n < COSTLY or (w, n) == (1, 250)]


def settings_of(results):
    """{(guidance, steps): result} of the rows drawn so far."""
    found = {}
    for key, result in results.items():
        if key.startswith("drawn-"):
            _, guidance, _, steps = key.removeprefix("drawn-").removesuffix("-0").split()
            found[int(guidance), int(steps)] = result
    return found


def claims(results):
    """The claims, told apart by 95 % intervals: least and most guidance, few and many steps."""
    found = settings_of(results)
    many = max((steps for _, steps in found), default=0)
    shared = sorted({steps for w, steps in found if w == 0} & {s for w, s in found if w == 7})
    at = shared[-1] if shared else many
    low, high = found.get((0, at)), found.get((7, at))
    curve = [found[1, steps] for steps in sorted(STEPS) if (1, steps) in found]
    return {
        "diversity falls with guidance: recall at 7 below that at 0": verdict(
            [apart(low, high, "recall")]
        ),
        "class accuracy rises with guidance: at 7 above that at 0": verdict(
            [apart(high, low, "class_accuracy")]
        ),
        "quality saturates with steps: the last change of the Frechet distance is below a quarter "
        "of the first, or within the intervals (guidance 1)": verdict([_saturates(curve)]),
    }


def _saturates(curve):
    """Whether the last change of the distance is small beside the first; None without a first."""
    if len(curve) < 3 or apart(curve[0], curve[1], "frechet") is None:
        return None
    if apart(curve[-2], curve[-1], "frechet") is None:
        return True
    distances = [result["scores"]["frechet"] for result in curve]
    return abs(distances[-1] - distances[-2]) < abs(distances[1] - distances[0]) / 4


def report(results):
    """The tables and the verdicts, Markdown."""
    found = settings_of(results)
    rows = [
        [guidance, steps, *(_cell(result, name) for name in MEASURES)]
        for (guidance, steps), result in sorted(found.items())
    ]
    first = next(iter(found.values()), {"measured": {}})
    real = [first["measured"].get(name, {}).get("floor") for name in MEASURES]
    rows.append(["real images", "", *(None if v is None else f"{v:.3f}" for v in real)])
    facts = first["measured"].get("frechet", {})
    lines = [
        f"One training run, one sampling seed, n = {facts.get('samples')}, judged by "
        f"{facts.get('extractor')}; 95 % intervals in brackets. Guidance w: (1 + w) conditional - "
        "w unconditional. The report gives pictures and no numbers, so the claims are checked.",
        "",
        *table(["guidance", "steps", *(name.replace("_", " ") for name in MEASURES)], rows),
        "",
        *verdicts_table(claims(results), BY_INTERVALS),
    ]
    return "\n".join(lines)


def _cell(result, name):
    """A score with its interval."""
    if name not in result["scores"]:
        return None
    interval = result["measured"][name]["interval"]
    ends = f" [{interval[0]:.3f}, {interval[1]:.3f}]" if interval else ""
    return f"{result['scores'][name]:.3f}{ends}"
