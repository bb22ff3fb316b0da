"""Options that nothing reads: the table against what is built, refusals, and what is left out."""

import contextlib
import dataclasses
import json
import types
import typing

import numpy as np
import pytest

from app import config
from app.build.diffusion import build_schedule, build_target
from app.build.sampling import build_sampler
from app.cli import main
from app.config.readers import READ_BY, drawn_with, unread, without_unread
from app.recipes import RECIPES
from app.reproductions.measured import config_of
from app.reproductions.tables import TABLES

KINDS = {
    "diffusion": config.Diffusion,
    "sampling": config.Sampling,
    "evaluation": config.Evaluation,
    "watching": config.Watching,
    "text_loss": config.TextLoss,
    "optimizer": config.Optimizer,
    "training": config.Training,
    "noise": config.LabelNoise,
    "alignment": config.Alignment,
}
# Another value than the default of each option that a built schedule, target or sampler holds.
OTHERS = {
    "diffusion.first_beta": 1e-3,
    "diffusion.last_beta": 0.03,
    "diffusion.scale_to_steps": True,
    "diffusion.smallest_sigma": 0.1,
    "diffusion.largest_sigma": 9.0,
    "diffusion.sigma_data": 0.6,
    "sampling.eta": 0.5,
    "sampling.variance": "beta",
    "sampling.cold_algorithm": "1",
    "sampling.cold_noise": "estimated",
    "sampling.churn": 2.0,
    "sampling.moves": 3,
    "sampling.snr": 0.3,
}
DIGITS = RECIPES["mnist-small"]


def choices(reader):
    part, name = reader.split(".")
    return typing.get_args(typing.get_type_hints(KINDS[part])[name])


def built(reader, values):
    """What the option's reader builds of unchecked values, to compare."""
    options = types.SimpleNamespace(**values)
    if reader == "sampling.sampler":
        return build_sampler(options, (-1.0, 1.0)).get_config()
    if reader == "diffusion.target":
        return build_target(options).get_config()
    schedule = build_schedule(options)
    return [schedule.signal_rates.tolist(), schedule.noise_rates.tolist()]


@pytest.mark.parametrize("option", OTHERS)
def test_an_option_changes_what_is_built_where_the_table_says_so_and_nowhere_else(option):
    _, reader, values = READ_BY[option]
    part, name = option.split(".")
    defaults = dataclasses.asdict(KINDS[part]()) | ({"steps": 500} if part == "diffusion" else {})
    for choice in choices(reader):
        plain = defaults | {reader.split(".")[1]: choice}
        same = built(reader, plain) == built(reader, plain | {name: OTHERS[option]})
        assert same == (choice not in values), f"{option} with {choice}"


def test_defaults_are_those_of_the_configs_and_choices_are_known():
    for option, (default, reader, values) in READ_BY.items():
        part, name = option.split(".")
        assert getattr(KINDS[part](), name) == default and type(default) in (
            type(getattr(KINDS[part](), name)),
            type(None),
        )
        assert values in (("above 0",), ("given",)) or set(values) < set(choices(reader))


def test_a_choice_that_is_an_option_too_stands_before_those_it_reads():
    order = list(READ_BY)
    for option, (_, reader, _) in READ_BY.items():
        assert reader not in order or order.index(reader) < order.index(option)


@pytest.mark.parametrize("sampler", choices("sampling.sampler"))
def test_defaults_go_with_every_sampler(sampler):
    config.Sampling(sampler=sampler)


@pytest.mark.parametrize(
    ("kind", "values", "sentence"),
    [
        (
            config.Diffusion,
            {"schedule": "cosine", "last_beta": 0.5},
            "`last_beta` is read where `diffusion.schedule` is linear, geometric or annealed. "
            "Received: 0.5 with cosine. Leave it out, or take `diffusion.schedule` linear, "
            "geometric or annealed.",
        ),
        (
            config.Diffusion,
            {"schedule": "cosine", "scale_to_steps": True},
            "`scale_to_steps` is read where `diffusion.schedule` is linear. Received: True with "
            "cosine",
        ),
        (
            config.Diffusion,
            {"sigma_data": 0.6},
            "`sigma_data` is read where `diffusion.target` is edm",
        ),
        (config.Diffusion, {"label_dropout": 0.2}, "`diffusion.condition` is class or attributes"),
        (
            config.Sampling,
            {"sampler": "ddpm", "eta": 1.0},
            "`eta` is read where `sampling.sampler` is ddim",
        ),
        (
            config.Sampling,
            {"variance": "beta"},
            "`variance` is read where `sampling.sampler` is ddpm",
        ),
        (
            config.Sampling,
            {"churn": 1.0},
            "`churn` is read where `sampling.sampler` is euler or heun",
        ),
        (config.Sampling, {"snr": 0.3}, "`sampling.sampler` is langevin or predictor_corrector"),
        (
            config.Sampling,
            {"moves": 2},
            "`moves` is read where `sampling.sampler` is langevin or pred",
        ),
        (
            config.Sampling,
            {"cold_algorithm": "1"},
            "`sampling.sampler` is cold. Received: 1 with ddim",
        ),
        (
            config.Sampling,
            {"sampler": "heun", "churn_noise": 1.1},
            "`churn_noise` is read where `sampling.churn` is above 0. Received: 1.1 with 0.0",
        ),
        (
            config.Sampling,
            {"guidance_interval": (0.5, 5.0)},
            "`guidance_interval` is read where `sampling.guidance` is above 0.*"
            "take `sampling.guidance` above 0",
        ),
        (
            config.Watching,
            {"score_metrics": ("kid",)},
            "`score_metrics` is read where `watching.score_every` is above 0",
        ),
        (
            config.TextLoss,
            {"prompt": "a {}"},
            "`prompt` is read where `text_loss.weight` is above 0",
        ),
        (config.Optimizer, {"momentum": 0.5}, "`momentum` is read where `optimizer.name` is sgd"),
        (config.Optimizer, {"weight_decay": 0.1}, "where `optimizer.name` is adamw or sgd"),
        (
            config.Training,
            {"power_snapshots": 8},
            "`power_snapshots` is read where `training.power_averages` is given. Received: 8 with",
        ),
        (config.LabelNoise, {"rate": 0.2}, "`rate` is read where `noise.kind` is symmetric, asymm"),
        (config.Alignment, {"stages": (), "ramp": False}, "where `alignment.stages` is given"),
    ],
)
def test_an_option_that_nothing_reads_is_refused(kind, values, sentence):
    with pytest.raises(ValueError, match=sentence):
        kind(**values)


def test_combinations_of_attributes_are_refused_where_they_are_not_the_condition():
    asked = config.Evaluation(attribute_rows=("thick,has_hole",))
    with pytest.raises(
        ValueError, match="`attribute_rows` is read where `diffusion.condition` is attributes"
    ):
        config.Recipe(name="x", evaluation=asked)


@pytest.mark.parametrize("name", TABLES)
def test_no_child_of_a_table_sets_an_option_in_vain(name):
    for budget in ("smoke", "cpu", "full"):
        for child in TABLES[name].children(budget, 3).values():
            values = json.loads(json.dumps(config_of(child)))
            values = values.get("base", values)
            # Reading leaves out what nothing reads: it would not come back.
            assert json.loads(json.dumps(config.to_dict(config.from_dict(values)))) == values


def test_a_stored_recipe_with_options_that_nothing_reads_is_still_read():
    stored = json.loads(json.dumps(config.to_dict(DIGITS)))
    stored["sampling"] |= {"sampler": "dpm_solver", "guidance": 0.0, "guidance_interval": [1, 2]}
    stored["diffusion"] |= {"last_beta": 0.5, "sigma_data": 0.6}
    stored["evaluation"]["attribute_rows"] = ["thick"]
    del stored["sampling"]["churn"], stored["diffusion"]["times"]  # older than these
    recipe = config.from_dict(stored)
    assert recipe.sampling == config.Sampling(sampler="dpm_solver", steps=25)
    assert recipe.diffusion == dataclasses.replace(DIGITS.diffusion, times="uniform")
    assert recipe.evaluation == DIGITS.evaluation
    with pytest.raises(ValueError, match="`churn` must be a finite number"):
        config.from_dict({**stored, "sampling": {"sampler": "heun", "churn": "much"}})


def test_another_sampler_leaves_out_the_options_of_the_recipes_own():
    assert DIGITS.sampling.eta == 1.0
    sampling = drawn_with(DIGITS, sampler="dpm_solver", steps=20).sampling
    assert (sampling.sampler, sampling.steps, sampling.eta) == ("dpm_solver", 20, 0.0)
    assert drawn_with(DIGITS, steps=20).sampling.eta == 1.0
    churned = config.Sampling(
        sampler="heun", churn=2.0, churn_interval=(0.1, 1.0), guidance=1.0, guidance_interval=(1, 2)
    )
    recipe = dataclasses.replace(DIGITS, sampling=churned)
    assert drawn_with(recipe, sampler="euler", guidance=0.0).sampling == dataclasses.replace(
        churned, sampler="euler", guidance=0.0, guidance_interval=None
    )
    assert drawn_with(recipe, sampler="ddim").sampling == config.Sampling(
        guidance=1.0, guidance_interval=(1, 2)
    )
    with pytest.raises(ValueError, match="`guidance_interval` is read where"):
        drawn_with(DIGITS, guidance=0.0, guidance_interval=(0.5, 5.0))


def test_a_recipe_without_these_parts_stays_as_it_is():
    recipe = RECIPES["usps-to-mnist"]
    assert without_unread(recipe, {"sampling.sampler": "ddpm"}) is recipe
    assert unread({"sampling.eta": 1.0}) == {}


@pytest.fixture
def trained(monkeypatch):
    """What `train` would train, given the words of the command line; None: refused."""

    def asked(*arguments):
        found = [None]
        monkeypatch.setattr("app.train.train", lambda recipe, root: found.append(recipe))
        with contextlib.suppress(SystemExit):  # options that are refused
            main(["train", *arguments])
        return found[-1]

    return asked


def test_a_choice_on_the_command_line_leaves_out_what_the_recipe_had_for_another(trained, capsys):
    recipe = trained("mnist-small", "--sampling.sampler", "dpm_solver")
    assert recipe.sampling == dataclasses.replace(DIGITS.sampling, sampler="dpm_solver", eta=0.0)
    recipe = trained("cifar10-conditional", "--sampling.sampler=ddim", "--sampling.eta=0.5")
    assert (recipe.sampling.variance, recipe.sampling.eta) == ("posterior", 0.5)
    alone = ("--diffusion.condition", "none", "--sampling.guidance", "0")
    recipe = trained("celeba-attributes", *alone)
    assert recipe.evaluation.attribute_rows == () and recipe.evaluation.attribute_samples == 100
    assert trained("mnist-long", "--diffusion.schedule", "cosine").diffusion.last_beta == 0.02
    assert trained("mnist-small", "--sampling.sampler", "ddpm", "--sampling.eta", "1") is None
    printed = " ".join("".join(capsys.readouterr()).split())
    assert "`eta` is read where `sampling.sampler` is ddim" in printed


def test_label_noise_and_stages_left_out_take_what_is_theirs_along(trained):
    recipe = trained("noisy-cifar10", "--noise.kind", "none")
    assert recipe.noise == config.LabelNoise()
    recipe = trained("usps-to-mnist-resnet50", "--alignment.stages", "--alignment.mmd", "1")
    assert recipe.alignment == config.Alignment(stages=(), mmd=1.0)
    kept = ("--training.power-averages", "0.05", "0.1", "--training.power-snapshots", "8")
    assert trained("mnist-small", *kept).training.power_snapshots == 8


def test_numbers_that_no_option_reads_change_no_picture():
    # At churn 0, the default, Heun takes its steps without looking at the other two.
    from app.diffusion.samplers import Heun
    from app.diffusion.schedules import linear
    from app.diffusion.target import Estimate
    from app.diffusion.times import Trajectory

    def denoise(noisy, time, condition):
        return Estimate(0.5 * noisy, 0.25 * noisy)

    start = np.linspace(-1, 1, 8, dtype="float32").reshape(1, 2, 4, 1)
    plain, told, churned = (
        np.asarray(Heun(*arguments)(denoise, Trajectory(linear(20), 4), start, 0, 0))
        for arguments in ((2,), (2, 0.0, (0.1, 2.0), 1.5), (2, 1.0, (0.1, 2.0), 1.5))
    )
    assert (plain == told).all() and (plain != churned).any()
