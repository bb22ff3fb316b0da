"""The adaptation table: which runs it has, what it says of made-up results."""

import pytest

from app.config import to_dict
from app.reproductions.kept import setting
from app.reproductions.tables import domains, domains_figures

PAIR = "usps to mnist"


def made_up(target, seeds=3, source=0.95):
    """Results whose accuracy on the target by row is given, seeds a thousandth apart."""
    return {
        f"{PAIR}-{row}-{seed}": {
            "scores": {
                "source_test_accuracy": source,
                "target_test_accuracy": value + seed / 1000,
            },
            "rows": [
                {
                    "step": step,
                    "val_loss": step,
                    "source_test_accuracy": source,
                    "target_test_accuracy": value + seed / 1000 - 0.1 * (1 - step),
                }
                for step in (0, 1)
            ],
        }
        for row, value in target.items()
        for seed in range(seeds)
    }


REPORTED = {"source only": 0.53, "stage 1": 0.73, "stage 2": 0.35, "stage 3": 0.40}


def test_results_as_claimed_hold_and_the_opposite_fails():
    def verdicts(target, seeds=3):
        return list(domains.claims(domains.accuracies(made_up(target, seeds))).values())

    assert verdicts(REPORTED) == ["holds"] * 3
    assert verdicts({row: 1 - value for row, value in REPORTED.items()}) == ["fails"] * 3
    assert verdicts(REPORTED, seeds=1) == ["undecided"] * 3
    assert verdicts(dict.fromkeys(REPORTED, 0.5)) == ["undecided"] * 3
    assert verdicts({"source only": 0.5}) == ["undecided"] * 3


def test_the_report_sets_the_papers_figures_beside_ours():
    text = domains.report(made_up(REPORTED))
    # Stage 1: mean of .730, .731, .732 is 73.10, its error 0.058; the paper has 99.62 and 73.33.
    assert "| stage 1 | 95.00 +- 0.00 | 73.10 +- 0.06 | 3 | 99.62 | 73.33 | -4.62 | -0.23 |" in text
    assert "| usps to mnist: stage 1 helps | holds |" in text
    assert "Not reached: stage 1, 73.10%" in text
    assert "Reached: MMD, 95.10%" in domains.report(made_up({"MMD": 0.95}))
    assert domains.report({})  # nothing has run yet


def test_only_rows_of_the_report_have_figures_of_the_paper():
    text = domains.report(made_up({"MMD": 0.9, "stage 1, ResNet50": 0.7333}, seeds=3))
    assert "| stage 1, ResNet50 | 95.00 +- 0.00 | 73.43 +- 0.06 | 3 | 99.62 | 73.33 | " in text
    (row,) = [line for line in text.split("\n") if "MMD | 95" in line]
    assert row == "| MMD | 95.00 +- 0.00 | 90.10 +- 0.06 | 3 |  |  |  |  |"


def test_rules_of_selection_stand_beside_the_last_epoch():
    chosen = domains.selected(made_up({"MMD": 0.9}))[PAIR, "MMD"]
    assert chosen["last epoch"].value == pytest.approx(0.901)
    assert chosen["source validation"].value == pytest.approx(0.801)  # the first epoch's loss is 0
    assert chosen["oracle (target labels)"].value == pytest.approx(0.901)


@pytest.mark.parametrize("budget, count", [("smoke", 15), ("cpu", 56), ("full", 66)])
def test_children_have_the_setting_of_the_report(budget, count):
    children = domains.children(budget, 3, "somewhere")
    assert len(children) == count
    assert len({recipe.name for recipe in children.values()}) == count
    for key, recipe in children.items():
        pair, row, seed = key.rsplit("-", 2)
        assert pair == f"{recipe.source.name} to {recipe.target.name}"
        assert recipe.training.seed == int(seed)
        assert recipe.target.validation_fraction == 0 < recipe.source.validation_fraction
        moved = recipe.movement.spread > 0
        assert moved == (row in domains.BEYOND)
        if row.startswith("stage"):
            assert recipe.alignment.stages == (int(row.removesuffix(domains.DEEP)[-1]),)
            assert recipe.alignment.strength == 0.001 and not recipe.alignment.ramp
        if budget != "smoke":
            assert recipe.source.directory == recipe.target.directory == "somewhere"
            assert (recipe.size, recipe.channels) == (32, "colour")
        deep = budget == "full" or row.endswith(domains.DEEP)
        assert type(recipe.network).__name__ == ("ResNet50" if deep else "ConvBackbone")


def test_the_place_of_the_data_decides_no_result():
    here, there = (
        [setting(to_dict(recipe)) for recipe in domains.children("cpu", 1, folder).values()]
        for folder in ("here", "there")
    )
    assert here == there and here[0] != here[1]


def test_the_first_children_are_those_the_report_has_numbers_of():
    keys = list(domains.children("cpu", 2))
    rows, beyond = list(domains.STAGES), list(domains.BEYOND)
    assert keys[:8] == [f"{PAIR}-{row}-{seed}" for seed in (0, 1) for row in rows]
    assert keys[8:15] == [f"{PAIR}-{row}-0" for row in beyond]
    assert keys[22:26] == [f"mnist to usps-{row}-0" for row in rows]


@pytest.mark.parametrize("results", [{}, made_up(REPORTED), made_up({"MMD": 0.9}, seeds=1)])
@pytest.mark.parametrize("figure", ["by_row", "curves", "features"])
def test_figures_are_drawn_of_whatever_is_there(figure, results, tmp_path):
    getattr(domains_figures, figure)(results, tmp_path / "figure.png")
    assert (tmp_path / "figure.png").stat().st_size > 1000
