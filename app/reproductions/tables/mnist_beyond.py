"""What the reports do not have: EDM, flow, scores, weights of the loss, other ways to draw."""

from dataclasses import replace

from app.config import Evaluation
from app.config.readers import drawn_with
from app.recipes.continuous import BASE, EDM, FLOW, SCORE
from app.recipes.mnist import UNET
from app.reproductions.budgets import seeds_at, unet_budget
from app.reproductions.diffusion_rows import (
    again,
    judged_by,
    rows_of,
    scored,
    scores_lines,
)
from app.reproductions.markdown import BY_INTERVALS, verdicts_table
from app.reproductions.verdicts import apart, greater, verdict

NAME = "mnist-beyond"
TITLE = "EDM, flow matching and other choices, one network"
MEASURES = ("frechet", "precision", "recall", "class_accuracy")
METRICS = ("frechet", "precision_recall", "class_accuracy")
PROCESSES = {
    "clean": BASE.diffusion,
    "noise": replace(BASE.diffusion, target="noise"),
    "velocity": replace(BASE.diffusion, target="velocity"),
    "EDM": EDM.diffusion,
    "flow": FLOW.diffusion,
    "score": SCORE.diffusion,
    "clean, min SNR weights": replace(BASE.diffusion, weighting="min_snr"),
    "clean, linear betas": replace(BASE.diffusion, schedule="linear"),
    "clean, linear betas, zero terminal": replace(
        BASE.diffusion, schedule="linear", zero_terminal=True
    ),
}
DRAWN_BY = {"EDM": EDM.sampling, "flow": FLOW.sampling, "score": SCORE.sampling}
# Of which weights, and what is drawn otherwise. Euler has as many evaluations as Heun.
OTHERWISE = {
    "clean, eta 0": ("clean", {"eta": 0.0}),
    "clean, dpm_solver": ("clean", {"sampler": "dpm_solver"}),
    "clean, guidance 0": ("clean", {"guidance": 0.0}),
    "clean, guidance 1": ("clean", {"guidance": 1.0}),
    "clean, guidance 1, interval": (
        "clean",
        {"guidance": 1.0, "guidance_interval": (0.5, 5.0)},
    ),
    "EDM, euler": ("EDM", {"sampler": "euler", "steps": 35}),
    "EDM, churn": ("EDM", {"churn": 5.0}),
    "flow, euler": ("flow", {"sampler": "euler", "steps": 39}),
    "EDM, ddim, eta 1": ("EDM", {"sampler": "ddim", "steps": 35, "eta": 1.0}),
    "score, moves of 0.2": ("score", {"snr": 0.2}),
}


def children(budget, seeds, directory=None):
    """The runs by name: "trained-<row>-<seed>", and "drawn-<row>-<seed>" of the same weights.

    Network and training of all rows are those of a recipe, chosen for the row "clean"; the rows
    differ in their process, and in the sampler that belongs to it.

    cpu: the recipes `mnist-small`, `mnist-small-edm`, `mnist-small-flow`, `mnist-small-score` and
    their like, on the embedded digits, n = 2,000. full: network and training of `mnist-best`, on
    all of MNIST, n = 10,000. smoke: a tiny network, 2 epochs, n = 64.
    """
    base = _budget(budget, directory)
    found = {}
    for seed in seeds_at(budget, seeds):
        rows = {
            row: replace(base, diffusion=process, sampling=DRAWN_BY.get(row, BASE.sampling))
            for row, process in PROCESSES.items()
        }
        trained = rows_of(NAME, "trained", rows, seed)
        found |= trained
        for row, (of, changes) in OTHERWISE.items():
            sampling = drawn_with(trained[f"trained-{of}-{seed}"], **changes).sampling
            found |= again(NAME, f"drawn-{row}-{seed}", trained, of, sampling=sampling)
    return found


def _budget(budget, directory):
    """Data, network, training and judge of every row at a budget."""
    if budget == "full":
        data = replace(UNET.data, directory=directory)
        return replace(UNET, data=data, evaluation=Evaluation(samples=10_000, metrics=METRICS))
    base = replace(BASE, evaluation=Evaluation(samples=2000, metrics=METRICS))
    return unet_budget(base, budget) if budget == "smoke" else base


def claims_of_training(results):
    """Claims of the papers on rows trained otherwise, told apart by seeds."""
    distances = scored(results, "frechet")
    pairs = {
        "min-SNR weights lower the Frechet distance (Hang et al. 2023)": (
            "clean",
            "clean, min SNR weights",
        ),
        "so does zero terminal SNR, of linear betas (Lin et al. 2023)": (
            "clean, linear betas",
            "clean, linear betas, zero terminal",
        ),
        "EDM has a lower one than predicted noise (Karras et al. 2022)": ("noise", "EDM"),
        "so has flow matching (Lipman et al. 2022)": ("noise", "flow"),
        "ours: the clean image is a better target than the noise, cosine schedule": (
            "noise",
            "clean",
        ),
    }
    return {
        words: verdict([greater(distances.get(worse), distances.get(better))])
        for words, (worse, better) in pairs.items()
    }


def claims_of_drawing(results):
    """Claims on the same weights drawn otherwise, told apart by intervals in every whole seed."""

    def judged(score, *pairs):
        seeds = sorted({key.rsplit("-", 1)[1] for key in results})
        rows = [
            [(results.get(f"{more}-{seed}"), results.get(f"{less}-{seed}")) for more, less in pairs]
            for seed in seeds
        ]
        whole = [row for row in rows if all(result for pair in row for result in pair)]
        return verdict([apart(*pair, score) for row in whole for pair in row])

    everywhere, within = "drawn-clean, guidance 1", "drawn-clean, guidance 1, interval"
    return {
        "Heun has a lower Frechet distance than Euler of as many evaluations, EDM and flow (Karras "
        "et al. 2022)": judged(
            "frechet", ("drawn-EDM, euler", "trained-EDM"), ("drawn-flow, euler", "trained-flow")
        ),
        "noise added on the way lowers it: DDIM with eta 1, EDM with churn (Karras et al. 2022)": (
            judged(
                "frechet",
                ("drawn-clean, eta 0", "trained-clean"),
                ("trained-EDM", "drawn-EDM, churn"),
            )
        ),
        "guidance within an interval leaves more recall than guidance everywhere (Kynkaanniemi et "
        "al. 2024)": judged("recall", (within, everywhere)),
        "and has a lower Frechet distance": judged("frechet", (everywhere, within)),
        "Langevin moves as long as their levels ask have a lower one than moves of 0.2 (Song and "
        "Ermon 2020)": judged("frechet", ("drawn-score, moves of 0.2", "trained-score")),
    }


def report(results):
    """The tables and the verdicts, Markdown."""
    lines = [
        "Mean over seeds +- standard error (number of seeds). One network, trained as long in "
        "every row, with hyperparameters that were chosen for the row clean; the mean level at "
        "which EDM trains was chosen among three.",
        "",
        f"## Trained otherwise, {judged_by(results)}",
        "",
        *scores_lines(results, MEASURES, asked=True),
        "",
        *verdicts_table(claims_of_training(results)),
        "",
        f"## The same weights, drawn otherwise, {judged_by(results, group='drawn')}",
        "",
        *scores_lines(results, MEASURES, "drawn", asked=True),
        "",
        *verdicts_table(claims_of_drawing(results), BY_INTERVALS),
    ]
    return "\n".join(lines)
