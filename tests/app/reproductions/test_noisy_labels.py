"""The noisy-label table: which runs it has, what it says of made-up results."""

import pytest

from app.build.classifier import build_robust_loss
from app.reproductions import noisy_labels


def made_up(accuracy, seeds=2):
    """Results whose accuracy by (loss, rate) is given, seeds a thousandth apart."""
    return {
        f"{name}-{rate:.2f}-{seed}": {
            "scores": {"test_accuracy": value + seed / 1000},
            "rows": [],
            "config": {"data": {"name": "cifar10", "training_images": 20_000}},
        }
        for (name, rate), value in accuracy.items()
        for seed in range(seeds)
    }


REPORTED = {
    ("CE", 0.25): 0.6,
    ("NCE", 0.25): 0.6,
    ("APL", 0.25): 0.4,
    ("CE", 0.5): 0.4,
    ("NCE", 0.5): 0.6,
    ("APL", 0.5): 0.5,
    ("CE", 0.75): 0.1,
    ("NCE", 0.75): 0.2,
    ("APL", 0.75): 0.3,
}


def test_results_as_reported_hold_and_the_opposite_fails():
    def verdicts(results):
        return set(noisy_labels.claims(noisy_labels.accuracies(results)).values())

    assert verdicts(made_up(REPORTED)) == {"holds"}
    assert verdicts(made_up({place: 1 - value for place, value in REPORTED.items()})) == {"fails"}
    assert verdicts(made_up(REPORTED, seeds=1)) == {"undecided"}
    assert verdicts({}) == {"undecided"}


def test_the_report_shows_each_mean_with_its_seeds():
    text = noisy_labels.report(made_up({("CE", 0.25): 0.6}))
    assert "| loss | 25% noise |" in text
    assert "Trained on 20000 training images of cifar10." in text
    assert "| CE | 60.05 +- 0.05 (n=2) |" in text


@pytest.mark.parametrize("budget, count", [("smoke", 12), ("cpu", 66), ("full", 90)])
def test_children_have_the_setting_of_the_report(budget, count):
    children = noisy_labels.children(budget, 3, "somewhere")
    assert len(children) == count
    assert len({recipe.name for recipe in children.values()}) == count
    for key, recipe in children.items():
        name, rate, seed = key.rsplit("-", 2)
        assert recipe.noise.rate == float(rate)
        assert recipe.noise.seed == recipe.training.seed == int(seed)
        assert not recipe.noise.include_true_class
        build_robust_loss(recipe.loss)
        if budget == "cpu":
            assert recipe.data.directory == "somewhere"
            assert recipe.data.training_images is None
            assert (recipe.training.epochs, recipe.training.batch_size) == (15, 128)
            assert recipe.optimizer.learning_rate == 5e-4
    for rate, weights in {"0.25": (0.7, 0.3), "0.50": (0.5, 0.5), "0.75": (0.3, 0.7)}.items():
        assert (
            children[f"APL-{rate}-0"].loss.alpha,
            children[f"APL-{rate}-0"].loss.beta,
        ) == weights
