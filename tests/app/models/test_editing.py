"""Inpainting, variations and strips of an untrained model: what holds whatever it draws."""

import keras
import numpy as np
import pytest

from app.diffusion.condition import ClassCondition
from app.diffusion.noise import EntropyScaledNoise, ImageNoise
from app.diffusion.samplers import (
    DDIM,
    DDPM,
    Cold,
    DPMSolver,
    Heun,
    Langevin,
    PredictorCorrector,
)
from app.diffusion.schedules import cosine, karras
from app.models.cnn import PlainCNN
from app.models.diffusion_model import DiffusionModel
from app.models.editing import inpaint_images, vary_images
from app.models.interpolation import interpolate_images
from app.models.sampling import draw_images

SHAPE = (6, 6, 1)
LABELS = np.array([0, 1, 2, 1, 0])
IMAGES = np.random.default_rng(0).integers(0, 256, (5, *SHAPE), np.uint8)


def made(schedule, target):
    keras.utils.set_random_seed(0)
    network = PlainCNN(channels=(4, 4), kernel_size=3, image_channels=1, classes=3)
    return DiffusionModel(
        network, schedule, image_shape=SHAPE, target=target, condition=ClassCondition(3)
    )


@pytest.fixture(scope="module")
def model():
    """Ends in pure noise, so that a start at strength 1 holds nothing of an image."""
    return made(cosine(50).zero_terminal(), "velocity")


@pytest.fixture(scope="module")
def levels():
    """Starts from noise of deviation 80, which the pictures hang on."""
    return made(karras(50), "edm")


@pytest.fixture
def masks():
    found = np.zeros((5, 6, 6, 1), bool)
    for number, mask in enumerate(found):
        mask[number : number + 2, 1:5] = True
    return found


@pytest.mark.parametrize("sampler", [None, DDIM(eta=1.0), DDIM()], ids=["ddpm", "eta-1", "eta-0"])
def test_known_pixels_are_kept_exactly(model, masks, sampler):
    drawn = inpaint_images(model, IMAGES, masks, LABELS, steps=5, resampling=2, sampler=sampler)
    hidden = np.broadcast_to(masks, IMAGES.shape)
    np.testing.assert_array_equal(drawn[~hidden], IMAGES[~hidden])
    assert np.any(drawn[hidden] != IMAGES[hidden])


def test_same_seed_same_picture_at_any_batch_size(model, masks):
    settings = {"steps": 4, "seed": 9, "first_index": 3, "guidance": 1.0}

    def all_three(batch_size):
        options = {**settings, "batch_size": batch_size}
        ends = np.array([2, 0, 1])
        return [
            inpaint_images(model, IMAGES, masks, LABELS, resampling=2, **options),
            vary_images(model, IMAGES, LABELS, strength=0.7, sampler=DDPM(), **options),
            interpolate_images(model, 3, 4, LABELS[:3], ends, to_seed=1, **options),
        ]

    for whole, parts in zip(all_three(16), all_three(2), strict=True):
        # up to rounding: a sum over a batch of another shape may end one grey level away
        assert np.abs(whole.astype(int) - parts.astype(int)).max() <= 1


def test_strength_one_is_plain_sampling(model):
    settings = {"steps": 5, "seed": 4, "sampler": DDIM(eta=1.0)}
    plain = draw_images(model, labels=LABELS, **settings)
    varied = vary_images(model, IMAGES, LABELS, strength=1.0, **settings)
    assert np.abs(plain.astype(int) - varied.astype(int)).max() <= 1


def test_a_tiny_strength_is_nearly_the_input(model):
    """One step of 50: sigma of the cosine schedule is 0.03, four grey levels of 127.5.

    The untrained network may answer anything of size one; its velocity moves a pixel by the noise
    rate times its size, so the pixel moves by a few sigma at most.
    """
    varied = vary_images(model, IMAGES, LABELS, strength=0.001, steps=50)
    far = vary_images(model, IMAGES, LABELS, strength=1.0, steps=50)
    moved = np.abs(varied.astype(int) - IMAGES.astype(int))
    assert moved.mean() < 8 and moved.max() < 40
    assert np.abs(far.astype(int) - IMAGES.astype(int)).mean() > 30


@pytest.mark.parametrize("sampler", [DDPM(variance="beta"), DDIM()], ids=["ddpm", "ddim"])
@pytest.mark.parametrize("schedule", ["model", "levels"])
def test_a_mask_that_hides_all_is_plain_sampling(request, schedule, sampler):
    model = request.getfixturevalue(schedule)
    everything = np.ones((5, 6, 6, 1), bool)
    settings = {"steps": 5, "seed": 4, "first_index": 2, "sampler": sampler}
    plain = draw_images(model, labels=LABELS, **settings)
    drawn = inpaint_images(model, IMAGES, everything, LABELS, resampling=1, **settings)
    assert np.abs(plain.astype(int) - drawn.astype(int)).max() <= 1


@pytest.mark.parametrize("schedule", ["model", "levels"])
def test_strips_end_in_the_pictures_of_their_seeds_and_classes(request, schedule):
    model = request.getfixturevalue(schedule)
    first, second = np.array([0, 1]), np.array([2, 2])
    settings = {"steps": 5, "first_index": 7}
    strips = interpolate_images(model, 2, 5, first, second, seed=3, to_seed=8, **settings)
    strips = strips.reshape(2, 5, *SHAPE).astype(int)
    for place, labels, seed in ((0, first, 3), (-1, second, 8)):
        plain = draw_images(model, labels=labels, seed=seed, **settings)
        assert np.abs(strips[:, place] - plain.astype(int)).max() <= 1
    steps = np.abs(np.diff(strips, axis=1)).mean(axis=(0, 2, 3, 4))
    assert steps.max() < np.abs(strips[:, 0] - strips[:, -1]).mean(), "no frame jumps all the way"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda m: inpaint_images(m, IMAGES, np.ones((5, 6, 6, 1)), LABELS), "Masks must be bool"),
        (lambda m: inpaint_images(m, IMAGES, np.ones((1, 6, 6, 1), bool), LABELS), r"Received: bo"),
        (lambda m: inpaint_images(m, IMAGES[:, :5], None, LABELS), r"uint8 of shape \(count, 6, 6"),
        (lambda m: vary_images(m, IMAGES / 255, LABELS), "Received: float64"),
        (lambda m: vary_images(m, IMAGES, LABELS, strength=0), r"in \(0, 1\]. Received: 0"),
        (lambda m: vary_images(m, IMAGES), "needs `labels`"),
        (lambda m: interpolate_images(m, 1, 1, LABELS[:1]), "1 strips, 1 frames"),
        (lambda m: interpolate_images(m, 5, 3, LABELS, LABELS[:2]), "must have 5 rows"),
    ],
)
def test_errors_are_sentences(model, call, message):
    with pytest.raises(ValueError, match=message):
        call(model)


@pytest.mark.parametrize(
    "sampler",
    [DDPM(), DDIM(eta=0.1), Heun(churn=5.0), Langevin(), PredictorCorrector()],
    ids=lambda sampler: type(sampler).__name__,
)
def test_a_strip_of_steps_that_add_noise_is_refused(levels, sampler):
    sentence = f"Received: {type(sampler).__name__} .* Take ddim, dpm_solver, cold, heun"
    with pytest.raises(ValueError, match=sentence):
        interpolate_images(levels, 5, 3, LABELS, sampler=sampler)


@pytest.mark.parametrize(
    "sampler", [DDIM(), Heun(), Heun(1), DPMSolver(), Cold()], ids=lambda s: type(s).__name__
)
def test_a_strip_of_quiet_steps_is_drawn(levels, sampler):
    settings = {"sampler": sampler, "steps": 3}
    strips = interpolate_images(levels, 1, 3, LABELS[:1], seed=2, to_seed=3, **settings)
    for end, seed in ((0, 2), (2, 3)):
        plain = draw_images(levels, labels=LABELS[:1], seed=seed, **settings)
        assert np.abs(strips[end].astype(int) - plain[0].astype(int)).max() <= 1


@pytest.mark.parametrize("noise", [EntropyScaledNoise(), ImageNoise()], ids=["scaled", "images"])
def test_noise_that_is_not_of_a_seed_is_refused(masks, noise):
    network = PlainCNN(channels=(4, 4), kernel_size=3, image_channels=1)
    other = DiffusionModel(network, cosine(50), image_shape=SHAPE, target="clean", noise=noise)
    with pytest.raises(ValueError, match=type(noise).__name__):
        inpaint_images(other, IMAGES, masks)
    if noise.given_start:
        with pytest.raises(ValueError, match="starts from images"):
            vary_images(other, IMAGES)
        with pytest.raises(ValueError, match="starts from images"):
            interpolate_images(other, 2, 3)
    else:
        assert vary_images(other, IMAGES, steps=2, sampler=DDPM()).shape == IMAGES.shape
