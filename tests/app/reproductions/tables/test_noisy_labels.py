"""The noisy-label table: which runs it has, what it says of made-up results."""

import pytest

from app.build.classifier import build_robust_loss
from app.reproductions.tables import noisy_labels, noisy_labels_figures


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


@pytest.mark.parametrize("budget, count", [("smoke", 12), ("cpu", 72), ("full", 108)])
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


def test_the_gain_of_later_losses_is_over_the_best_of_the_report():
    results = made_up({("CE", 0.4): 0.5, ("RCE", 0.4): 0.7, ("ANL-CE", 0.4): 0.75})
    results |= made_up({("CE", 0.8): 0.3, ("ANL-CE", 0.8): 0.2}, seeds=1)
    lines = noisy_labels.report(results).splitlines()
    assert "| 40% | ANL-CE | 75.05 +- 0.05 (n=2) | RCE | 70.05 +- 0.05 (n=2) | +5.00 |" in lines
    assert "| 80% | ANL-CE | 20.00 (n=1) | CE | 30.00 (n=1) | -10.00 |" in lines
    assert "later" not in noisy_labels.report(made_up(REPORTED))


def test_at_full_later_losses_have_the_setting_of_their_papers():
    children = noisy_labels.children("full", 1)
    decays = {
        name: children[f"{name}-0.80-0"].optimizer.weight_decay for name in noisy_labels.BEYOND
    }
    assert decays == {"NCE+RCE": 1e-3, "ANL-CE": 0.0, "JAL-CE": 1e-3}
    assert {children[f"{name}-0.40-0"].training.epochs for name in decays} == {120}


def test_curves_draw_every_loss_and_the_accuracy_on_labels_as_given(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(noisy_labels_figures, "save", lambda figure, path: drawn.append(figure))
    row = {"step": 0, "loss": 1.0, "fitted_right": 0.5, "fitted_wrong": 0.1}
    noisy_labels_figures.curves(
        {"CE-0.25-0": {"rows": [row]}, "JAL-CE-0.80-0": {"rows": [row]}}, tmp_path / "curves.png"
    )
    (figure,) = drawn
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["CE", "JAL-CE"]
    (line,) = figure.axes[1].lines
    assert line.get_ydata() == pytest.approx([0.75 * 0.5 + 0.25 * 0.1])
