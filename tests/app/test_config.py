"""Configuration: defaults, validation sentences, JSON round trip of every recipe."""

import dataclasses
import json
import re
import subprocess
import sys
import typing

import pytest

from app import config
from app.errors import UserError
from app.recipes import RECIPES, load_recipe

BAD = [
    (config.Data, {"validation_fraction": 0.9}, "validation_fraction"),
    (config.Data, {"size": 2}, "size"),
    (config.Unet, {"dropout": 1.0}, "dropout"),
    (config.Unet, {"width": 0}, "width"),
    (config.DiT, {"width": 390}, "width"),
    (config.DiT, {"patch_size": 0}, "patch_size"),
    (config.Diffusion, {"steps": 0}, "steps"),
    (config.Diffusion, {"first_beta": 0.0}, "first_beta"),
    (config.Diffusion, {"last_beta": 1.0}, "last_beta"),
    (config.Diffusion, {"label_dropout": 1.0}, "label_dropout"),
    (config.Diffusion, {"pixel_low": 1.0}, "pixel_low"),
    (config.Diffusion, {"noise": "entropy", "constant_scale": 0.0}, "constant_scale"),
    (config.Optimizer, {"learning_rate": 0.0}, "learning_rate"),
    (config.Optimizer, {"learning_rate": float("nan")}, "learning_rate"),
    (config.Optimizer, {"clip_norm": -1.0}, "clip_norm"),
    (config.Training, {"epochs": 0}, "epochs"),
    (config.Training, {"ema_decay": 1.0}, "ema_decay"),
    (config.Training, {"epochs": 3, "swa_start_epoch": 3}, "swa_start_epoch"),
    (config.Diffusion, {"sigma_data": 0.0}, "sigma_data"),
    (config.Sampling, {"eta": 1.5}, "eta"),
    (config.Sampling, {"churn": -1.0}, "churn"),
    (config.Sampling, {"churn_noise": 0.0}, "churn_noise"),
    (config.Sampling, {"moves": 0}, "moves"),
    (config.Sampling, {"snr": 1.0}, "snr"),
    (config.Sampling, {"seed": -1}, "seed"),
    (config.Sampling, {"guidance": -1.0}, "guidance"),
    (config.Watching, {"sample_every": -1}, "sample_every"),
    (config.Evaluation, {"samples": 3}, "samples"),
    (config.TextLoss, {"weight": -1.0}, "weight"),
    (config.NoisyEncoder, {"dropout": 1.0}, "dropout"),
    (config.Evaluation, {"attribute_samples": 0}, "attribute_samples"),
    (config.LabelNoise, {"rate": 0.3}, "rate"),
    (config.LabelNoise, {"kind": "file", "path": "x.npy", "rate": 0.3}, "rate"),
    (config.LabelNoise, {"include_true_class": True}, "include_true_class"),
    (config.LabelNoise, {"kind": "instance", "include_true_class": True}, "include_true_class"),
    (config.LabelNoise, {"kind": "asymmetric", "include_true_class": True}, "include_true_class"),
]


@pytest.mark.parametrize("kind, values, name", BAD)
def test_a_bad_value_is_named_with_what_was_received(kind, values, name):
    with pytest.raises(ValueError, match=rf"`{name}`.*Received: {values[name]}"):
        kind(**values)


def test_choices_that_do_not_fit_are_refused_when_the_recipe_is_made():
    with pytest.raises(ValueError, match="sampling.steps"):
        config.Recipe(name="x", diffusion=config.Diffusion(steps=10))
    with pytest.raises(ValueError, match="needs a condition"):
        config.Recipe(name="x", sampling=config.Sampling(guidance=1.0))
    with pytest.raises(ValueError, match="needs labels to name"):
        config.Recipe(name="x", text_loss=config.TextLoss(weight=0.1))
    with pytest.raises(ValueError, match="not told what it is to find"):
        config.NoisyClassification(name="x", diffusion=config.Diffusion(condition="class"))


@pytest.mark.parametrize(
    "diffusion, sentence",
    [
        ({"noise_scale": "batch"}, "`noise_scale` is read where `noise` is entropy"),
        ({"unit_noise_start": True}, "`unit_noise_start` is read where `noise` is ent"),
        ({"noise": "entropy", "noise_data": "usps"}, "`noise_data` is read where `noise` is im"),
        ({"noise": "entropy", "constant_scale": 0.5}, "where `noise_scale` is constant"),
        (
            {"noise": "entropy", "unit_noise_target": True, "target": "clean"},
            "`target` must be noise. Received: clean",
        ),
        ({"noise": "images"}, "Received: `target` noise. Take clean, velocity, flow or edm."),
    ],
)
def test_options_of_a_noise_that_do_not_fit_are_refused(diffusion, sentence):
    with pytest.raises(ValueError, match=sentence):
        config.Diffusion(**diffusion)


def test_samplers_that_draw_gaussian_noise_are_refused_where_images_are_the_noise():
    images = config.Diffusion(noise="images", target="clean")
    with pytest.raises(ValueError, match="must be one of cold, ddim, dpm_solver, .*Received: ddpm"):
        config.Recipe(name="x", diffusion=images, sampling=config.Sampling(sampler="ddpm"))
    with pytest.raises(ValueError, match="`sampling.eta` must be 0. Received: 0.5"):
        config.Recipe(name="x", diffusion=images, sampling=config.Sampling(eta=0.5))
    with pytest.raises(ValueError, match="`sampling.churn` must be 0. Received: 2.0"):
        churned = config.Sampling(sampler="heun", churn=2.0)
        config.Recipe(name="x", diffusion=images, sampling=churned)
    with pytest.raises(ValueError, match="`target` score. Take clean, velocity, flow or edm."):
        config.Diffusion(noise="images", target="score")
    config.Recipe(name="x", diffusion=images, sampling=config.Sampling(sampler="cold"))


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"schedule": "flow"}, "`schedule` flow goes with `target` flow, clean or edm.*noise"),
        ({"schedule": "karras", "target": "velocity"}, "goes with `target` edm or score"),
        ({"schedule": "exploding", "target": "flow"}, "goes with `target` edm or score"),
        (
            {"schedule": "karras", "target": "edm", "zero_terminal": True},
            "`zero_terminal` rescales a variance-preserving schedule.*or take linear, cosine",
        ),
        (
            {"zero_terminal": True, "target": "score"},
            "`target` score. Take clean, velocity, flow or edm",
        ),
        ({"target": "edm", "weighting": "min_snr"}, "take `weighting` none"),
        ({"times": "logit_normal"}, "`schedule` flow; take log_normal, uniform or stratified"),
        ({"time_mean": 0.1}, "read where `times` is log_normal or logit_normal"),
        ({"times": "log_normal", "time_deviation": 0.0}, "`time_deviation` must be above 0"),
        ({"largest_sigma": 9.0}, "read where `schedule` is exploding or karras"),
        (
            {"schedule": "karras", "target": "edm", "smallest_sigma": 3.0, "largest_sigma": 2.0},
            "`smallest_sigma` must be below 2.0. Received: 3.0",
        ),
    ],
)
def test_a_process_whose_choices_do_not_fit_is_refused(values, sentence):
    with pytest.raises(ValueError, match=sentence):
        config.Diffusion(**values)


@pytest.mark.parametrize(
    ("process", "sampler", "sentence"),
    [
        ({"schedule": "flow", "target": "flow"}, "langevin", "exploding or karras.*flow.*heun"),
        ({}, "langevin", "exploding or karras.*linear. Take the sampler predictor_corrector"),
        (
            {"schedule": "flow", "target": "flow"},
            "predictor_corrector",
            "exploding, karras, linear.*Received: flow. Take the sampler heun, euler, ddim",
        ),
    ],
)
def test_a_sampler_that_cannot_draw_from_the_process_is_refused(process, sampler, sentence):
    with pytest.raises(ValueError, match=f"`sampling.sampler` {sampler} goes with .*{sentence}"):
        config.Recipe(
            name="x",
            diffusion=config.Diffusion(**process),
            sampling=config.Sampling(sampler=sampler),
        )


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


def test_every_schedule_has_a_kind_and_the_kinds_are_those_of_the_schedules():
    from app.build.diffusion import build_schedule
    from app.config.fitting import KINDS, TARGETS
    from app.diffusion.targets import TARGETS as BUILT

    for name, kind in KINDS.items():
        target = TARGETS[kind][-1]
        process = config.Diffusion(schedule=name, target=target, steps=10)
        schedule = build_schedule(process)
        assert schedule.kind == kind
        assert {name for name in BUILT if kind in BUILT[name].fits} == set(TARGETS[kind])


@pytest.mark.parametrize(
    ("sampler", "evaluations"),
    [("ddim", 10), ("heun", 20), ("langevin", 30), ("predictor_corrector", 40)],
)
def test_evaluations_of_the_network_for_an_image(sampler, evaluations):
    moves = {"moves": 3} if sampler in ("langevin", "predictor_corrector") else {}
    sampling = config.Sampling(sampler=sampler, steps=10, **moves)
    assert sampling.evaluations == evaluations
    assert dataclasses.replace(sampling, guidance=0.5).evaluations == 2 * evaluations


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_survive_json(name):
    recipe = RECIPES[name]
    values = json.loads(json.dumps(config.to_dict(recipe)))
    recipe = recipe.resolved() if recipe.kind == "classification" else recipe
    assert config.from_dict(values) == recipe
    assert json.loads(json.dumps(config.to_dict(config.from_dict(values)))) == values
    assert RECIPES[name].summary


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


def test_every_field_has_a_help_text():
    parts = {
        kind
        for kind in vars(config).values()
        if dataclasses.is_dataclass(kind) and kind.__module__.startswith("app.config")
    }
    assert len(parts) >= 20
    for kind in parts:
        if kind in typing.get_args(config.AnyRecipe):
            continue
        source = open(sys.modules[kind.__module__].__file__).read()
        source = source.split(f"class {kind.__name__}", 1)[1]
        for field in dataclasses.fields(kind):
            # The field itself, over several lines if it is long, then its help.
            form = rf'    {field.name}: [^\n]*(\n        [^\n]*|\n    \][^\n]*)*\n    """\S'
            assert re.search(form, source), f"{kind.__name__}.{field.name} has no help"


def test_a_user_recipe_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("from app.config import Recipe\nRECIPE = Recipe(name='mine')\n")
    assert load_recipe(str(path)).name == "mine"


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("x = 1", "must define RECIPE"),
        ("import nothing_like_this", "failed at line 1: ModuleNotFoundError"),
        ("\n\n1 / 0", "failed at line 3: ZeroDivisionError"),
        ("def (", "failed at line 1: SyntaxError"),
        ("raise SystemExit(0)", "failed at line 1: SystemExit"),
        ("from app.config import *\nRECIPE = Recipe(name='x', steps=3)", "failed at line 2"),
    ],
)
def test_a_bad_recipe_file_is_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(UserError, match=sentence):
        load_recipe(str(path))


def test_unknown_recipe_names_a_close_one():
    with pytest.raises(UserError, match="Did you mean 'mnist-cnn'"):
        load_recipe("mnist-cn")


def test_help_loads_no_backend():
    code = (
        "import sys; from app.cli import main\n"
        "try: main(['train', 'digits', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'tensorflow', 'jax', 'keras', 'mlflow', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize(
    "width, multipliers, groups, deaf",
    [
        (32, (1, 2), 32, True),
        (32, (1, 2), 16, False),
        (64, (1, 2), 32, False),
        (8, (2, 1), 8, True),
    ],
)
def test_a_level_of_one_channel_a_group_is_said(width, multipliers, groups, deaf):
    network = config.Unet(width=width, multipliers=multipliers, groups=groups)
    sentence = network.deaf_warning()
    assert (sentence is not None) == deaf
    if deaf:
        assert f"--network.groups {width // 4}" in sentence


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_no_recipe_has_a_level_that_hears_neither_time_nor_condition(name):
    network = RECIPES[name].network
    assert not isinstance(network, config.Unet) or network.deaf_warning() is None
