"""The noisy-label report: losses by noise rate on CIFAR-10, and its three claims (A7)."""

from dataclasses import replace

from app.config import RobustLoss
from app.recipes.noisy_labels import PAPER, REPORT, SMALL
from app.reproductions.markdown import table, verdicts_table
from app.reproductions.verdicts import greater, seeds_together, verdict

NAME = "noisy-labels"
TITLE = "Losses for noisy labels on CIFAR-10"
RATES = (0.25, 0.4, 0.5, 0.75)
# Active and passive weight by noise rate; the report names none at 0.40, so .5/.5 stand there.
WEIGHTS = {0.25: (0.7, 0.3), 0.4: (0.5, 0.5), 0.5: (0.5, 0.5), 0.75: (0.3, 0.7)}
SUM = {"name": "active_passive", "passive": "reverse_cross_entropy"}
CLAIMED = ("CE", "NCE", "APL")  # what the claims compare


def loss(name, rate):
    """A loss of the report's table; RCE's constant is the report's text's, -4."""
    alpha, beta = WEIGHTS[rate]
    return {
        "CE": RobustLoss(name="cross_entropy"),
        "FL": RobustLoss(name="focal", gamma=2.0),
        "NCE": RobustLoss(name="normalized_cross_entropy"),
        "NFL": RobustLoss(name="normalized_focal", gamma=2.0),
        "RCE": RobustLoss(name="reverse_cross_entropy", log_zero=-4.0),
        "APL": RobustLoss(active="cross_entropy", alpha=alpha, beta=beta, log_zero=-4.0, **SUM),
    }[name]


# Beside the report's, at 0.4 and 0.8: the paper's best, and two later ones.
BEYOND = {
    "NCE+RCE": RobustLoss(active="normalized_cross_entropy", **SUM),
    "ANL-CE": RobustLoss(name="active_negative", weight_penalty=5e-5),
    "JAL-CE": RobustLoss(
        name="active_passive", active="normalized_cross_entropy", passive="asymmetric_mean_square"
    ),
}


def children(budget, seeds, directory=None):
    """The runs of the table by name, "<loss>-<rate>-<seed>", the most important first.

    smoke: the embedded digits, five epochs, one seed, the three losses of the claims. cpu: the
    report's setting; the losses of the claims with every seed, the others with every seed at 0.40
    and 0.75 and one elsewhere. full: every loss with every seed, and the paper's own setting for
    NCE+RCE, ANL and JAL at 0.4 and 0.8.
    """
    if budget == "smoke":
        small = replace(SMALL, training=replace(SMALL.training, epochs=5))
        return _grid(small, CLAIMED, RATES, 1)
    own = replace(REPORT, data=replace(REPORT.data, directory=directory))
    found = _grid(own, CLAIMED, RATES, seeds)
    others = ("FL", "NFL", "RCE")
    found |= _grid(own, others, (0.4, 0.75), seeds)
    found |= _grid(own, others, (0.25, 0.5), seeds if budget == "full" else 1)
    setting = replace(PAPER if budget == "full" else REPORT, data=own.data)
    for name, robust in BEYOND.items():
        for rate in (0.4, 0.8):
            for seed in range(seeds if budget == "full" else 1):
                found[_key(name, rate, seed)] = _child(setting, name, robust, rate, seed)
    return found


def _grid(base, names, rates, seeds):
    """Every loss at every rate with every seed."""
    return {
        _key(name, rate, seed): _child(base, name, loss(name, rate), rate, seed)
        for seed in range(seeds)
        for rate in rates
        for name in names
    }


def _key(name, rate, seed):
    return f"{name}-{rate:.2f}-{seed}"


def _child(base, name, robust, rate, seed):
    """One run: the same seed draws labels, weights and batches."""
    return replace(
        base,
        name=_key(name, rate, seed).lower().replace("+", "-"),
        summary=f"{name} at {rate:.0%} symmetric label noise, seed {seed}.",
        loss=robust,
        noise=replace(base.noise, rate=rate, seed=seed),
        training=replace(base.training, seed=seed),
    )


def accuracies(results):
    """Mean accuracy of the last epoch by (loss, rate); `results` is by the keys of `children`."""
    means = seeds_together(results, lambda result: result["scores"]["test_accuracy"])
    return {(name, float(rate)): mean for (name, rate), mean in means.items()}


def claims(means):
    """The claims of the report (A7), each with the parts that decide it and its verdict."""

    def better(one, other, rate):
        return greater(means.get((one, rate)), means.get((other, rate)))

    parts = {
        "25 % noise: APL is the worst of CE, NCE, APL": [
            better("CE", "APL", 0.25),
            better("NCE", "APL", 0.25),
        ],
        "50 % noise: NCE holds where CE degrades (NCE above CE)": [better("NCE", "CE", 0.5)],
        "50 % noise: APL is competitive (above CE)": [better("APL", "CE", 0.5)],
        "75 % noise: APL beats CE and NCE": [
            better("APL", "CE", 0.75),
            better("APL", "NCE", 0.75),
        ],
    }
    return {claim: verdict(decided) for claim, decided in parts.items()}


def report(results):
    """The table and the verdicts, Markdown."""
    means = accuracies(results)
    rates = sorted({rate for _, rate in means})
    rows = [
        [name, *(_cell(means.get((name, rate))) for rate in rates)]
        for name in dict.fromkeys(name for name, _ in means)
    ]
    lines = [
        "Accuracy on clean test images, percent, last epoch: mean over seeds +- standard error.",
        *(_trained_on(result["config"]["data"]) for result in list(results.values())[:1]),
        "",
        *table(["loss", *(f"{rate:.0%} noise" for rate in rates)], rows),
        "",
        "The report gives curves and claims and no accuracies, so the claims are what is checked.",
        *verdicts_table(claims(means)),
    ]
    return "\n".join(lines)


def _trained_on(data):
    """How many images the runs saw, and of what data set."""
    return f"Trained on {data['training_images'] or 'all'} training images of {data['name']}."


def _cell(mean):
    return mean and f"{mean} (n={mean.seeds})"
