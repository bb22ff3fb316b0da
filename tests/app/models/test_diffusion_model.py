"""The trainable model: plain fit and evaluate, fixed validation noise, sampling, reloading."""

import keras
import numpy as np
import pytest
from keras import ops

from app.diffusion.condition import ClassCondition
from app.diffusion.samplers import DDIM, DDPM, DPMSolver, Heun, Langevin, PredictorCorrector
from app.diffusion.schedules import exploding, flow, karras, linear
from app.diffusion.targets import EDMTarget
from app.diffusion.training_times import LogNormal, Stratified
from app.errors import UserError
from app.models.cnn import PlainCNN
from app.models.diffusion_model import DiffusionModel
from app.models.sampling import draw_images, sampling_program

SHAPE = (8, 8, 1)
RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (32, *SHAPE), dtype="uint8")
LABELS = RANDOM.integers(0, 3, 32)


def build(classes=None, **options):
    keras.utils.set_random_seed(1)
    network = PlainCNN(channels=(4, 4), kernel_size=3, classes=classes)
    condition = ClassCondition(classes) if classes else None
    return DiffusionModel(network, linear(20), SHAPE, condition=condition, **options)


def compiled(**options):
    model = build(**options)
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    return model


@pytest.mark.parametrize("target", ["noise", "clean", "velocity"])
def test_training_lowers_the_loss_and_fits_twice(target):
    model = compiled(target=target)
    first = model.fit(IMAGES, batch_size=16, epochs=6, verbose=0).history["loss"]
    second = model.fit(IMAGES, batch_size=16, epochs=6, verbose=0).history["loss"]
    assert np.all(np.isfinite(first + second))
    assert np.mean(second[-3:]) < np.mean(first[:2])


def test_evaluate_uses_fixed_noise():
    model = compiled()
    once, twice = (model.evaluate(IMAGES, batch_size=16, verbose=0) for _ in range(2))
    assert once == twice


def test_uint8_and_scaled_floats_are_the_same_images():
    model = compiled(pixel_range=(-0.5, 0.5))
    floats = (IMAGES / 255.0 - 0.5).astype("float32")
    np.testing.assert_allclose(
        model.evaluate(IMAGES, verbose=0), model.evaluate(floats, verbose=0), rtol=1e-5
    )


def test_stratified_training_times_cover_the_schedule_in_every_batch():
    model, seen = compiled(times="stratified"), []
    call = model.network.call

    def spy(noisy, time, condition=None, training=False):
        seen.append(ops.convert_to_numpy(time))
        return call(noisy, time, condition, training=training)

    model.network.call = spy
    model.compute_loss(ops.convert_to_tensor(np.repeat(IMAGES[:1], 20, axis=0)), training=True)
    np.testing.assert_array_equal(np.sort(seen[0]), np.arange(20))  # 20 images, 20 steps


def test_tf_data_and_arrays_give_the_same_loss():
    tf = pytest.importorskip("tensorflow")
    model = compiled(classes=3)
    data = tf.data.Dataset.from_tensor_slices((IMAGES, LABELS.astype("int32"))).batch(16)
    np.testing.assert_allclose(
        model.evaluate(data, verbose=0),
        model.evaluate(IMAGES, LABELS, batch_size=16, verbose=0),
        rtol=1e-6,
    )


def test_sampling_leaves_the_weights_alone_and_ignores_the_batch_size():
    model = build(classes=3)
    before = [ops.convert_to_numpy(weight).copy() for weight in model.weights]
    labels = np.arange(7) % 3
    whole = model.sample(labels=labels, steps=5, seed=4, guidance=2.0)
    parts = model.sample(labels=labels, steps=5, seed=4, guidance=2.0, batch_size=3)
    tail = model.sample(labels=labels[5:], steps=5, seed=4, guidance=2.0, first_index=5)
    assert whole.shape == (7, *SHAPE) and whole.dtype == np.uint8
    assert np.abs(whole.astype(int) - parts).max() <= 1
    assert np.abs(whole[5:].astype(int) - tail).max() <= 1
    assert not np.array_equal(whole, model.sample(labels=labels, steps=5, seed=5, guidance=2.0))
    for weight, value in zip(model.weights, before, strict=True):
        np.testing.assert_array_equal(ops.convert_to_numpy(weight), value)


def test_pictures_are_had_as_the_sampler_leaves_them():
    model, sampler = build(), DDIM(clip=None)  # it leaves the range of the pixels
    pixels, floats = (
        draw_images(model, 7, sampler=sampler, steps=5, batch_size=3, quantized=quantized)
        for quantized in (True, False)
    )
    assert floats.dtype == np.float32 and (floats.min() < 0 or floats.max() > 255)
    assert np.abs(np.clip(floats, 0, 255) - pixels).max() <= 0.51


def test_samples_follow_the_weights_after_training():
    model = compiled()
    before = model.sample(2, steps=3, sampler=DDPM(clip=(-1.0, 1.0)))
    model.fit(IMAGES, epochs=3, verbose=0)
    after = model.sample(2, steps=3, sampler=DDPM(clip=(-1.0, 1.0)))
    assert not np.array_equal(before, after)


def test_keras_file_gives_the_same_pictures(tmp_path):
    model = build(classes=3, target="velocity", weighting="min_snr", times="stratified")
    path = str(tmp_path / "model.keras")
    model.save(path)
    revived = keras.models.load_model(path)
    labels = np.arange(3)
    np.testing.assert_array_equal(
        model.sample(labels=labels, steps=3), revived.sample(labels=labels, steps=3)
    )
    assert revived.target_name == "velocity" and revived.weighting == "min_snr"
    assert type(revived.times) is Stratified


CONTINUOUS = {
    "edm": (
        karras(20),
        {"target": EDMTarget(0.6), "times": LogNormal(-0.8, 1.0)},
        (Heun(churn=5.0), DDIM(), DPMSolver()),
    ),
    "flow": (flow(20), {"target": "flow", "times": "logit_normal"}, (Heun(), DDPM())),
    "score": (
        exploding(20, 0.05, 10.0),
        {"target": "score", "weighting": "min_snr"},
        (Langevin(2), PredictorCorrector()),
    ),
}


@pytest.mark.parametrize("name", CONTINUOUS)
def test_edm_flow_and_score_train_are_saved_and_sample(tmp_path, name):
    schedule, choices, samplers = CONTINUOUS[name]
    keras.utils.set_random_seed(1)
    network = PlainCNN(channels=(4, 4), kernel_size=3)
    model = DiffusionModel(network, schedule, SHAPE, **choices)
    model.compile(optimizer=keras.optimizers.Adam(1e-2))
    losses = model.fit(IMAGES, batch_size=16, epochs=6, verbose=0).history["loss"]
    assert np.all(np.isfinite(losses)) and np.mean(losses[-2:]) < losses[0]
    once, twice = (model.evaluate(IMAGES, batch_size=16, verbose=0) for _ in range(2))
    assert once == twice
    model.save(str(tmp_path / "model.keras"))
    revived = keras.models.load_model(str(tmp_path / "model.keras"))
    for part in ("schedule", "target", "times"):
        assert revived.get_config()[part] == model.get_config()[part]
    for sampler in samplers:
        drawn = model.sample(3, steps=5, sampler=sampler, seed=2)
        assert 0 < drawn.std()
        again = revived.sample(3, steps=5, sampler=sampler, seed=2, batch_size=2)
        assert np.abs(drawn.astype(int) - again).max() <= 1


def test_the_start_has_the_deviation_of_the_last_level():
    model = DiffusionModel(PlainCNN((4, 4)), karras(20, 0.01, 9.0), SHAPE, target="edm")
    seen = []

    class Spy(DDIM):
        def __call__(self, denoiser, trajectory, start, *arguments, **options):
            seen.append(start)
            return start

    program = sampling_program(model, Spy())
    program(0, ops.zeros((64,)), 0.0, 4, 0)
    assert abs(ops.convert_to_numpy(seen[0]).std() / 9.0 - 1) < 0.05


@pytest.mark.parametrize("policy", ["mixed_float16", "mixed_bfloat16"])
def test_mixed_precision_trains_with_float32_weights(policy):
    keras.config.set_dtype_policy(policy)
    try:
        model = compiled()
        losses = model.fit(IMAGES, epochs=2, verbose=0).history["loss"]
        images = model.sample(2, steps=2)
    finally:
        keras.config.set_dtype_policy("float32")
    assert np.all(np.isfinite(losses)) and images.shape == (2, *SHAPE)
    assert {weight.dtype for weight in model.network.trainable_weights} == {"float32"}


def test_gradient_accumulation_averages_two_batches():
    """Twice the same batch, averaged, moves the weights as that batch alone does."""

    class Fixed(DiffusionModel):
        def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
            return super().compute_loss(x, y, y_pred, sample_weight, training=False)

    def trained(images, accumulate):
        keras.utils.set_random_seed(1)
        model = Fixed(PlainCNN(channels=(4, 4), kernel_size=3), linear(20), SHAPE)
        start = model.get_weights()
        model.compile(keras.optimizers.SGD(0.1, gradient_accumulation_steps=accumulate))
        model.fit(images, batch_size=8, epochs=1, shuffle=False, verbose=0)
        return start, model.get_weights()

    start, accumulated = trained(np.concatenate([IMAGES[:8], IMAGES[:8]]), 2)
    _, plain = trained(IMAGES[:8], None)
    for one, two in zip(accumulated, plain, strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)
    assert any(np.abs(before - one).max() > 1e-4 for before, one in zip(start, plain, strict=True))


@pytest.mark.parametrize(
    "images, labels, sentence",
    [
        (IMAGES[:, :4], None, "shape"),
        (np.full((4, *SHAPE), np.nan, "float32"), None, "NaN"),
        (np.full((4, *SHAPE), 200.0, "float32"), None, "must lie in"),
    ],
)
def test_bad_arrays_are_refused_with_a_sentence(images, labels, sentence):
    with pytest.raises(ValueError, match=sentence):
        compiled().fit(images, labels, verbose=0)


def test_bad_labels_and_requests_are_refused():
    model = compiled(classes=3)
    with pytest.raises(UserError, match="integers from 0 to 2.*Received: .7, 7"):
        model.fit(IMAGES, np.full(32, 7), verbose=0)
    with pytest.raises(ValueError, match="expects labels as `y`. Received: none"):
        model.fit(IMAGES, verbose=0)
    with pytest.raises(ValueError, match="needs `labels`"):
        model.sample(4)
    with pytest.raises(ValueError, match="`steps` must be in"):
        model.sample(labels=[0], steps=21)
    for argument in ("target", "weighting", "times"):
        with pytest.raises(ValueError, match=f"`{argument}` must be one of .*: 'nothing'"):
            build(**{argument: "nothing"})


def test_zero_terminal_snr_trains_and_samples_and_refuses_the_target_noise(tmp_path):
    schedule = linear(20).zero_terminal()
    network = PlainCNN(channels=(4, 4), kernel_size=3)
    with pytest.raises(ValueError, match="Pass target 'velocity', 'clean', 'flow' or 'edm'"):
        DiffusionModel(network, schedule, SHAPE)
    for target, weighting in (("velocity", "min_snr"), ("clean", "none")):
        model = DiffusionModel(network, schedule, SHAPE, target=target, weighting=weighting)
        model.compile(optimizer=keras.optimizers.Adam(1e-2))
        assert np.all(np.isfinite(model.fit(IMAGES, epochs=2, verbose=0).history["loss"]))
        model.save(str(tmp_path / "model.keras"))
        revived = keras.models.load_model(str(tmp_path / "model.keras"))
        assert revived.schedule.signal_rates[-1] == 0.0
        for sampler in (DDIM(), DDPM(), DPMSolver()):
            drawn = model.sample(3, steps=5, sampler=sampler, seed=2)
            again = revived.sample(3, steps=5, sampler=sampler, seed=2)
            assert 0 < drawn.std()
            np.testing.assert_array_equal(drawn, again)
