"""Strips against closed forms in numpy, and against the pictures that the sampler draws."""

import numpy as np
import pytest

from app.diffusion.condition import ClassCondition
from app.diffusion.randomness import START, normal
from app.diffusion.samplers import DDIM, DDPM, DPMSolver
from app.diffusion.schedules import linear
from app.models.cnn import PlainCNN
from app.models.diffusion_model import DiffusionModel
from app.models.strips import decode, encode

SHAPE = (8, 8, 1)
IMAGES = np.random.default_rng(0).integers(0, 256, (3, *SHAPE), dtype="uint8")
BETAS = np.linspace(1e-3, 0.3, 20)
SIGNAL = np.sqrt(np.concatenate([[1.0], np.cumprod(1.0 - BETAS)]))


def build(classes=None):
    network = PlainCNN(channels=(4, 4), kernel_size=3, classes=classes)
    condition = ClassCondition(classes) if classes else None
    return DiffusionModel(network, linear(20, 1e-3, 0.3), SHAPE, condition=condition)


def grey(floats):
    return np.clip((floats + 1.0) * 127.5, 0.0, 255.0)


def start(seed, count=3):
    return np.asarray(normal(seed, 0, count, 0, START, SHAPE), "float64")


def test_encode_is_the_forward_process():
    strip, times = encode(build(), IMAGES, seed=4, columns=5)
    assert strip.dtype == np.uint8 and strip.shape == (3, 5, *SHAPE)
    assert times.tolist() == [0.0, 0.25, 0.5, 0.75, 1.0]
    np.testing.assert_array_equal(strip[:, 0], IMAGES)
    clean, noise = IMAGES / 127.5 - 1.0, start(4)
    for column, step in enumerate((0, 5, 10, 15, 20)):
        noisy = SIGNAL[step] * clean + np.sqrt(1 - SIGNAL[step] ** 2) * noise
        assert np.abs(strip[:, column] - grey(noisy)).max() < 0.51


def test_decode_of_a_network_that_finds_no_noise_only_scales():
    """DDIM with noise 0: every state is signal_rate(time) / signal_rate(1) times the start."""
    model = build()
    model.set_weights([np.zeros_like(weight) for weight in model.get_weights()])
    strip, times = decode(model, 3, sampler=DDIM(clip=None), steps=20, seed=2, columns=5)
    np.testing.assert_allclose(times, [1.0, 0.75, 0.5, 0.25, 0.0], atol=1e-6)
    for column, step in enumerate((20, 15, 10, 5, 0)):
        expected = grey(SIGNAL[step] / SIGNAL[20] * start(2))
        assert np.abs(strip[:, column] - expected).max() < 0.51


@pytest.mark.parametrize(
    "sampler, guidance", [(DDIM(eta=0.5), 0.0), (DDPM(), 1.5), (DPMSolver(), 1.5)]
)
def test_decode_ends_in_the_pictures_of_the_sampler(sampler, guidance):
    model, labels = build(classes=3), np.array([2, 0, 1])
    options = {"sampler": sampler, "steps": 12, "guidance": guidance, "seed": 5}
    options["guidance_interval"] = (0.5, 2.0)
    strip, times = decode(model, labels=labels, **options)
    assert strip.shape == (3, 10, *SHAPE) and times[0] == 1.0 and times[-1] == 0.0
    assert np.all(np.diff(times) < 0)
    np.testing.assert_array_equal(strip[:, 0], np.floor(grey(start(5)) + 0.5))
    drawn = model.sample(labels=labels, **options)
    assert np.abs(strip[:, -1].astype(int) - drawn).max() <= 1


def test_few_steps_show_every_state():
    strip, times = decode(build(), 2, steps=4)
    assert strip.shape[:2] == (2, 5)
    np.testing.assert_allclose(times, [1.0, 0.75, 0.5, 0.25, 0.0], atol=1e-6)
