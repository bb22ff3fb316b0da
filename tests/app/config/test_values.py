"""Values out of range, each named in a sentence with what was received."""

import pytest

from app import config

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


def test_whole_numbers_become_floats_where_floats_are_annotated():
    sampling = config.Sampling(guidance=3, guidance_interval=(0, 5), sampler="heun", churn=2)
    found = (sampling.guidance, *sampling.guidance_interval, sampling.churn)
    assert found == (3, 0, 5, 2) and {type(value) for value in found} == {float}
    assert type(sampling.steps) is int and type(sampling.clip) is bool
