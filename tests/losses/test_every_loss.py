"""What must hold for every classification loss, whatever its formula."""

import json
import re
from pathlib import Path

import keras
import numpy as np
import pytest
from keras import ops

import losses
from tests.checks import assert_close
from tests.losses.formulas import CASES, SYMMETRIC, differences, expected, value_and_gradient

RANDOM = np.random.default_rng(0)
LOGITS = RANDOM.normal(scale=2.0, size=(6, 5)).astype("float32")
LABELS = np.array([0, 4, 2, 2, 1, 3])
ONE_HOT = np.eye(5)[LABELS]
SOFT = RANDOM.dirichlet(np.ones(5), size=6)
EXTREME = np.array(
    [[200.0, -200, 0], [-200, 200, 0], [200, 200, -200], [0, 0, 0], [-200, -200, 200], [1, 200, 0]],
    "float32",
)
EXTREME_LABELS = np.repeat([0, 1, 2], len(EXTREME))
EXTREME = np.tile(EXTREME, (3, 1))

every = pytest.mark.parametrize("name", CASES)


def with_reduction(name, reduction):
    loss = CASES[name][0]()
    return type(loss).from_config({**loss.get_config(), "reduction": reduction})


@every
def test_value_and_gradient_are_those_of_the_formula(name):
    make, formula = CASES[name]
    value, gradient = value_and_gradient(make(), LABELS, LOGITS)
    assert_close(value, expected(formula, LOGITS, ONE_HOT).mean(), 2e-6)
    by_hand = differences(lambda logits: expected(formula, logits, ONE_HOT).mean(), LOGITS)
    assert_close(gradient, by_hand, 2e-6)


# In float32 the powers (a + 1)^q and (a + p)^q are right to half a last place each, 6e-8 of their
# size, and AGCE is their difference, which is smaller: no sample comes closer than that to the
# truth. All others keep 1e-6 for p up to 0.9; nearer to 1, ln p itself has fewer digits left.
BIGGEST_TERM = {"AGCE": 1.6**0.6 / 0.6, "AGCE 1.5": 7**1.5 / 1.5}


@every
def test_both_backends_are_within_a_millionth_of_one_truth(name):
    # The truth is NumPy's float64, the same whichever backend runs: so they agree with each other.
    random = np.random.default_rng(0)
    logits = random.normal(scale=2.0, size=(64, 10)).astype("float32")
    labels = random.integers(0, 10, 64)
    truth = expected(CASES[name][1], logits, np.eye(10)[labels])
    values = ops.convert_to_numpy(with_reduction(name, None)(labels, logits)).astype("float64")
    rounding = np.finfo("float32").eps * BIGGEST_TERM.get(name, 0)
    np.testing.assert_allclose(values, truth, rtol=1e-6, atol=rounding)
    mean = float(CASES[name][0]()(labels, logits))
    np.testing.assert_allclose(mean, truth.mean(), rtol=1e-6)


# Each loss at p = (1, 2, 3, 4) / 10, label 1; NumPy 2.4, float64.
RECORDED = {
    "cross entropy": 1.6094379124341003,
    "focal": 1.4395250311072008,
    "focal 2": 1.0300402639578243,
    "NCE": 0.266803955900888,
    "NFL": 0.2695224577780244,
    "MAE": 0.8,
    "RCE": 7.368272297580946,
    "RCE -4": 3.2,
    "GCE": 0.9655266866592107,
    "SCE": 5.640621982036891,
    "APL": 4.22413875522398,
    "ANL-CE": 5.092692444665628,
    "ANL-FL": 2.8030872484116287,
    "AMSE": 222.07500000000002,
    "AGCE": 0.7518199129689537,
    "AGCE 1.5": 2.0549224506307375,
}


@every
def test_formula_and_loss_have_the_recorded_value(name):
    make, formula = CASES[name]
    logits = np.log([[1.0, 2.0, 3.0, 4.0]])
    assert expected(formula, logits, np.eye(4)[[1]])[0] == pytest.approx(RECORDED[name], rel=1e-12)
    assert float(make()(np.array([1]), logits)) == pytest.approx(RECORDED[name], rel=1e-6)


@every
def test_soft_targets_cost_the_mean_over_their_labels(name):
    make, formula = CASES[name]
    value, gradient = value_and_gradient(make(), SOFT.astype("float32"), LOGITS, jit=True)
    assert_close(value, expected(formula, LOGITS, SOFT).mean(), 2e-6)
    by_hand = differences(lambda logits: expected(formula, logits, SOFT).mean(), LOGITS)
    assert_close(gradient, by_hand, 2e-6)


@every
def test_labels_of_any_form_agree(name):
    loss = with_reduction(name, None)
    reference = ops.convert_to_numpy(loss(LABELS, LOGITS))
    for labels in (LABELS[:, None], LABELS.astype("float32"), LABELS.tolist(), ONE_HOT):
        np.testing.assert_array_equal(ops.convert_to_numpy(loss(labels, LOGITS)), reference)


@every
@pytest.mark.parametrize("jit", [False, True])
def test_extreme_logits_have_finite_values_and_gradients(name, jit):
    far = np.concatenate([EXTREME, EXTREME * 1e4])
    labels = np.tile(EXTREME_LABELS, 2)
    value, gradient = value_and_gradient(CASES[name][0](), labels, far, jit=jit)
    assert np.isfinite(value) and np.all(np.isfinite(gradient))


@every
def test_extreme_logits_have_the_value_of_the_formula(name):
    formula = CASES[name][1]
    values = ops.convert_to_numpy(with_reduction(name, None)(EXTREME_LABELS, EXTREME))
    compared = 0
    for value, row, label in zip(values, EXTREME.astype("float64"), EXTREME_LABELS, strict=True):
        p = np.exp(row - row.max())
        with np.errstate(all="ignore"):
            truth = formula(p / p.sum(), label)  # where float64 can hold its terms
        if np.isfinite(truth):
            compared += 1
            assert_close(value, truth, 1e-5)
    assert compared >= 6


@every
def test_only_differences_of_logits_count(name):
    loss = CASES[name][0]()
    shift = np.array([[-50], [3], [100], [-7], [0.5], [0]], "float32")
    assert_close(loss(LABELS, LOGITS + shift), float(loss(LABELS, LOGITS)), 2e-5)


@every
def test_classes_and_samples_have_no_order(name):
    loss = CASES[name][0]()
    order, rows = RANDOM.permutation(5), RANDOM.permutation(6)
    moved = loss(np.argsort(order)[LABELS][rows], LOGITS[:, order][rows])
    assert_close(moved, float(loss(LABELS, LOGITS)), 1e-5)


@every
def test_the_loss_falls_as_the_label_gets_likelier(name):
    logits = np.zeros((15, 4), "float32")
    logits[:, 1] = np.arange(-6, 9)
    values = ops.convert_to_numpy(with_reduction(name, None)(np.ones(15), logits))
    assert np.all(np.diff(values) < 0)


@pytest.mark.parametrize("name", SYMMETRIC)
@pytest.mark.parametrize("classes", [2, 5, 10])
def test_symmetric_losses_sum_to_a_constant(name, classes):
    logits = RANDOM.normal(scale=4.0, size=(50, classes)).astype("float32")
    loss = with_reduction(name, None)
    values = [ops.convert_to_numpy(loss(np.full(50, k), logits)) for k in range(classes)]
    assert_close(np.sum(values, axis=0), np.full(50, SYMMETRIC[name](classes)), 1e-5)


@pytest.mark.parametrize("name", [name for name in CASES if name not in SYMMETRIC])
def test_the_others_do_not(name):
    loss = CASES[name][0]()
    sums = [
        sum(float(loss(np.array([k]), np.array([[z, 0, 0]], "float32"))) for k in range(3))
        for z in (0.0, 3.0)
    ]
    assert abs(sums[1] - sums[0]) > 1e-2


@every
def test_weights_and_reductions(name):
    each = expected(CASES[name][1], LOGITS, ONE_HOT)
    weights = np.array([0.0, 1.0, 2.0, 0.5, 1.0, 3.0], "float32")
    for reduction, plain, weighted in (
        ("sum", each.sum(), each @ weights),
        ("sum_over_batch_size", each.mean(), each @ weights / 6),
        ("mean_with_sample_weight", each.mean(), each @ weights / weights.sum()),
        ("none", each, each * weights),
        (None, each, each * weights),
    ):
        loss = with_reduction(name, reduction)
        assert_close(loss(LABELS, LOGITS), plain, 5e-6)
        assert_close(loss(LABELS, LOGITS, weights), weighted, 5e-6)
        column = ops.convert_to_numpy(loss(LABELS, LOGITS, weights[:, None]))
        assert_close(np.squeeze(column), weighted, 5e-6)


@every
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_half_precision_logits_are_computed_in_float32(name, dtype):
    loss = CASES[name][0]()
    half = ops.cast(LOGITS, dtype)
    value = loss(LABELS, half)
    assert keras.backend.standardize_dtype(value.dtype) == "float32"
    assert float(value) == float(loss(LABELS, ops.cast(half, "float32")))


@every
def test_more_axes_are_more_samples(name):
    loss = CASES[name][0]()
    flat = float(loss(LABELS, LOGITS))
    assert_close(loss(LABELS.reshape(2, 3), LOGITS.reshape(2, 3, 5)), flat, 1e-6)
    assert_close(loss(ONE_HOT.reshape(2, 3, 5), LOGITS.reshape(2, 3, 5)), flat, 1e-6)


@every
def test_a_compiled_model_comes_back_from_its_file(name, tmp_path):
    loss = CASES[name][0]()
    config = json.loads(json.dumps(loss.get_config()))
    assert json.loads(json.dumps(type(loss).from_config(config).get_config())) == config
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(5)])
    model.compile("sgd", loss)
    model.save(tmp_path / "model.keras")
    revived = keras.models.load_model(tmp_path / "model.keras").loss
    assert type(revived) is type(loss) and revived.get_config() == loss.get_config()
    assert float(revived(LABELS, LOGITS)) == float(loss(LABELS, LOGITS))


@pytest.mark.parametrize("name", ["APL", "ANL-CE"])
def test_one_step_of_fit_is_one_step_of_the_formula(name, tmp_path):
    make, formula = CASES[name]
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(5, kernel_initializer="zeros")])
    model.compile(keras.optimizers.SGD(1.0), make())
    model.fit(LOGITS, LABELS, batch_size=6, verbose=0)
    gradient = differences(lambda logits: expected(formula, logits, ONE_HOT).mean(), LOGITS * 0)
    assert_close(model.layers[0].kernel, -LOGITS.T @ gradient, 1e-5)
    model.save(tmp_path / "model.keras")
    revived = keras.models.load_model(tmp_path / "model.keras")
    assert revived.evaluate(LOGITS, LABELS, verbose=0) == model.evaluate(LOGITS, LABELS, verbose=0)


def test_mixed_precision_trains():
    model = keras.Sequential([keras.layers.Dense(5, dtype="mixed_float16")])
    model.compile(keras.optimizers.SGD(0.1), losses.ActiveNegative())
    first = model.fit(LOGITS, LABELS, epochs=5, verbose=0).history["loss"]
    assert first[-1] < first[0]


def test_half_precision_as_float_type_of_keras_changes_nothing():
    keras.config.set_floatx("float16")
    try:
        assert losses.CrossEntropy().dtype == "float32"
    finally:
        keras.config.set_floatx("float32")
    with pytest.raises(ValueError, match="not computed in half precision"):
        losses.CrossEntropy(dtype="float16")


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="JAX has no float64 by default")
def test_float64_where_asked_for():
    loss = losses.NormalizedFocal(dtype="float64")
    value = loss(LABELS, LOGITS.astype("float64"))
    assert keras.backend.standardize_dtype(value.dtype) == "float64"
    truth = expected(CASES["NFL"][1], LOGITS, ONE_HOT).mean()
    assert float(value) == pytest.approx(truth, rel=1e-13)
    assert losses.NormalizedFocal.from_config(loss.get_config()).dtype == "float64"


def examples():
    for path in sorted(Path(losses.__file__).parent.glob("*.py")):
        text = path.read_text()
        for number, block in enumerate(re.findall(r"```python\n(.*?)```", text, re.S)):
            yield pytest.param(path.stem, block, id=f"{path.stem}-{number}")


@pytest.mark.parametrize("module, code", examples())
def test_examples_run(module, code):
    import importlib
    import textwrap

    names = {**vars(losses), **vars(importlib.import_module(f"losses.{module}"))}
    exec(textwrap.dedent(code), {**names, "np": np, "keras": keras, "ops": ops})
