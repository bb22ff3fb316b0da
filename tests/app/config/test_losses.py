"""Options of losses and of label noise: what fits, what is refused, what stored runs had."""

import dataclasses
import json

import pytest

from app import config
from app.recipes import RECIPES


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"name": "active_passive", "active": "focal"}, "needs `passive`. Received: none"),
        ({"name": "focal", "passive": "focal"}, "The loss focal has no `passive` part"),
        (
            {"name": "active_negative", "active": "normalized_cross_entropy"},
            "must be cross_entropy or focal, which it normalises. Received: normalized_cross_e",
        ),
        (
            {"name": "active_negative", "active": "asymmetric_mean_square"},
            "must be cross_entropy or focal.*Received: asymmetric_mean_square",
        ),
    ],
)
def test_parts_of_a_loss_that_do_not_fit_are_refused(values, sentence):
    with pytest.raises(ValueError, match=sentence):
        config.RobustLoss(**values)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"gamma": 2.0}, "The loss cross_entropy takes no `gamma`. Received: 2.0. Leave it out"),
        ({"name": "focal", "q": 0.7}, "The loss focal takes no `q`"),
        ({"name": "mean_absolute_error", "log_zero": -4.0}, "takes no `log_zero`"),
        ({"name": "normalized_focal", "alpha": 1.0}, "takes no `alpha`"),
        ({"name": "generalized_cross_entropy", "a": 0.0}, "takes no `a`. Received: 0.0"),
        ({"name": "symmetric_cross_entropy", "gamma": 0.5}, "takes no `gamma`"),
        ({"name": "active_negative", "gamma": 0.5}, "The loss active_negative takes no `gamma`"),
        (
            {"name": "active_negative", "active": "focal", "log_zero": -4.0},
            "The loss active_negative of focal takes no `log_zero`",
        ),
        (
            {"name": "active_passive", "active": "focal", "passive": "reverse_cross_entropy"}
            | {"gamma": 0.5, "log_zero": -4.0, "alpha": 1.0, "beta": 1.0, "q": 0.5},
            "active_passive of focal and reverse_cross_entropy takes no `q`",
        ),
    ],
)
def test_options_that_a_loss_would_ignore_are_refused(values, sentence):
    with pytest.raises(ValueError, match=sentence):
        config.RobustLoss(**values)


@pytest.mark.parametrize("active", [None, "cross_entropy", "focal"])
def test_active_negative_takes_the_bases_of_its_paper(active):
    config.RobustLoss(name="active_negative", active=active)


@pytest.mark.parametrize(
    ("options", "penalty"),
    [
        ([], 0.0),
        (["--loss.name", "active_negative"], 5e-5),
        (["--loss.name", "active_negative", "--loss.weight-penalty", "0"], 0.0),
        (["--loss.name", "active_negative", "--loss.weight-penalty", "1e-6"], 1e-6),
        (["--loss.name", "focal", "--loss.weight-penalty", "1e-3"], 1e-3),
    ],
)
def test_a_method_brings_its_weight_penalty_unless_told(options, penalty):
    import tyro

    recipe = tyro.cli(config.Classification, default=RECIPES["noisy-cifar10"], args=options)
    values = json.loads(json.dumps(config.to_dict(recipe)))
    assert values["loss"]["weight_penalty"] == penalty
    assert config.from_dict(values).loss.weight_penalty == penalty


def test_a_stored_run_keeps_the_weight_penalty_that_it_had():
    # Written when the penalty of active_negative was 0 unless told.
    for name in ("active_negative", "cross_entropy"):
        values = config.to_dict(RECIPES["noisy-cifar10"])
        values["loss"] |= {"name": name, "weight_penalty": 0.0}
        assert config.to_dict(config.from_dict(values)) == values


def test_the_reproduced_table_is_stored_as_before():
    from app.reproductions.tables import noisy_labels

    for key, recipe in noisy_labels.children("full", 1).items():
        expected = 5e-5 if key.startswith("ANL") else 0.0
        assert config.to_dict(recipe)["loss"]["weight_penalty"] == expected


@pytest.mark.parametrize(
    ("stored", "kept"),
    [
        ({"kind": "none", "rate": 0.4, "include_true_class": False}, {}),
        ({"kind": "none", "rate": 0.6, "include_true_class": True}, {}),
        ({"kind": "file", "path": "x.npy", "rate": 0.6}, {"kind": "file", "path": "x.npy"}),
        (
            {"kind": "asymmetric", "rate": 0.2, "include_true_class": True, "seed": 3},
            {"kind": "asymmetric", "rate": 0.2, "seed": 3},
        ),
        (
            {"kind": "symmetric", "rate": 0.2, "include_true_class": True},
            {"kind": "symmetric", "rate": 0.2, "include_true_class": True},
        ),
    ],
)
def test_runs_that_stored_options_of_label_noise_without_effect_are_read(stored, kept):
    recipe = config.Classification(name="old")
    values = {**config.to_dict(recipe), "noise": stored}
    found = config.from_dict(json.loads(json.dumps(values)))
    assert found == dataclasses.replace(recipe.resolved(), noise=config.LabelNoise(**kept))


def test_a_recipe_changed_to_no_label_noise_keeps_the_default_rate():
    noise = RECIPES["noisy-cifar10"].noise
    assert dataclasses.replace(noise, kind="none") == config.LabelNoise()
