"""Choices of a diffusion process that do not fit, refused when the recipe is made."""

import dataclasses

import pytest

from app import config


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
        ({"noise_scale": "batch"}, "`noise_scale` is read where `diffusion.noise` is entropy"),
        ({"unit_noise_start": True}, "`unit_noise_start` is read where `diffusion.noise` is ent"),
        (
            {"noise": "entropy", "noise_data": "usps"},
            "`noise_data` is read where `diffusion.noise` is im",
        ),
        ({"noise": "entropy", "constant_scale": 0.5}, "where `diffusion.noise_scale` is constant"),
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
        ({"time_mean": 0.1}, "read where `diffusion.times` is log_normal or logit_normal"),
        ({"times": "log_normal", "time_deviation": 0.0}, "`time_deviation` must be above 0"),
        ({"largest_sigma": 9.0}, "read where `diffusion.schedule` is exploding or karras"),
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
    [("ddim", 10), ("heun", 19), ("langevin", 30), ("predictor_corrector", 40)],
)
def test_evaluations_of_the_network_for_an_image(sampler, evaluations):
    moves = {"moves": 3} if sampler in ("langevin", "predictor_corrector") else {}
    sampling = config.Sampling(sampler=sampler, steps=10, **moves)
    assert sampling.evaluations == evaluations
    assert dataclasses.replace(sampling, guidance=0.5).evaluations == 2 * evaluations
