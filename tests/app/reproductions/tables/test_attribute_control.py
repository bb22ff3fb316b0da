"""The table of attributes: its children, and verdicts worked by hand on made shares."""

import pytest

from app.config import NoisyClassification, Recipe
from app.reproductions.measured import Measured, config_of
from app.reproductions.tables import attribute_control
from tests.app.reproductions.made_up import result

TRAINED, GUIDED = (
    f"trained-{attribute_control.NETWORK}-0",
    f"guided-{attribute_control.CLASSIFIER}-0",
)


def shares(thick, unasked, alone=0.1, together=0.8):
    return result(
        {
            "attribute_thick": thick,
            "attribute_thick_unasked": unasked,
            "attribute_two_holes": alone,
            "attribute_two_holes_unasked": 0.05,
            "attribute_has_hole_with_two_holes": together,
            "attribute_has_hole_with_two_holes_unasked": 0.05,
        }
    )


def test_claims_are_told_by_intervals():
    found = {TRAINED: shares(0.9, 0.2), GUIDED: shares(0.21, 0.2)}
    verdicts = list(attribute_control.claims(found).values())
    assert verdicts == ["holds", "holds", "undecided", "holds"]  # 0.21 and 0.2 are 0.01 wide each
    opposite = {TRAINED: shares(0.2, 0.9, 0.8, 0.1), GUIDED: shares(0.2, 0.9, 0.8, 0.1)}
    assert list(attribute_control.claims(opposite).values()) == ["fails"] * 4
    assert list(attribute_control.claims({}).values()) == ["undecided"] * 4
    text = attribute_control.report(found)
    assert "| thick | 0.90 (1) | 0.20 (1) | 0.21 (1) | 0.20 (1) |" in text
    assert "| has_hole with two_holes | 0.80 (1) | 0.05 (1) | 0.80 (1) | 0.05 (1) |" in text
    assert "where the 95 % intervals of single runs do not overlap" in text
    assert "Not measured" in attribute_control.report({TRAINED: result({"frechet": 5.0})})


@pytest.mark.parametrize("budget", ["smoke", "cpu", "full"])
def test_a_classifier_asks_what_the_network_is_told(budget):
    children = attribute_control.children(budget, 2, "somewhere")
    seeds = 1 if budget == "smoke" else 2
    kinds = [type(child) for child in children.values()]
    assert kinds == [Recipe, NoisyClassification, Measured] * seeds
    for seed in range(seeds):
        base = children[f"trained-{attribute_control.NETWORK}-{seed}"]
        judge = children[f"judge-classifier-{seed}"]
        guided = children[f"guided-{attribute_control.CLASSIFIER}-{seed}"]
        assert guided.base == base and guided.classifier == f"judge-classifier-{seed}"
        assert judge.training.seed == base.training.seed == seed
        same = ("schedule", "steps", "first_beta", "last_beta", "pixel_low", "pixel_high")
        assert {(getattr(base.diffusion, n), getattr(judge.diffusion, n)) for n in same} == {
            (getattr(base.diffusion, n),) * 2 for n in same
        }
        rows = 10 + len(base.evaluation.attribute_rows)
        assert guided.samples == rows * base.evaluation.attribute_samples
        assert config_of(guided)["classifier_scale"] == 3.0
        if budget == "full":
            assert base.data == judge.data and base.data.directory == "somewhere"
