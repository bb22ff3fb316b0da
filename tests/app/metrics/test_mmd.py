import numpy as np
import pytest
from scipy.spatial.distance import cdist, pdist

from app.metrics.mmd import CMMD, median_distance, mmd_score, squared_mmd


def cmmd(first, second):
    """google-research/cmmd/distance.py, in float64 and by SciPy's distances."""
    first, second = (each / np.linalg.norm(each, axis=1)[:, None] for each in (first, second))

    def kernel(a, b):
        return np.exp(-cdist(a, b, "sqeuclidean") / (2 * 10**2)).mean()

    return 1000 * (kernel(first, first) + kernel(second, second) - 2 * kernel(first, second))


@pytest.fixture
def features():
    random = np.random.RandomState(0)
    return random.normal(size=(60, 8)), random.normal(0.2, 1.1, size=(80, 8))


def test_cmmd_is_that_of_its_code(features):
    score = mmd_score(*features, **CMMD, name="cmmd")
    assert score.value == pytest.approx(cmmd(*features), rel=1e-9)
    assert "sigma 10, times 1000, unit rows, biased" in score.note
    # Nearly straight at this width: ten times the squared distance of the means of unit rows.
    units = [rows / np.linalg.norm(rows, axis=1)[:, None] for rows in features]
    means = np.sum((units[0].mean(0) - units[1].mean(0)) ** 2)
    assert score.value == pytest.approx(10 * means, rel=0.02)


def test_golden_value_of_torch_fidelity(features):
    # torch-fidelity 0.4.0: kernel_mmd(first, second[:60], kid_kernel="rbf",
    # kid_kernel_rbf_sigma=2.0), unbiased.
    ours = squared_mmd(features[0], features[1][:60], sigma=2.0)
    assert ours == pytest.approx(0.009304523013669519, rel=1e-9)


def test_median_distance_is_scipy_s(features):
    assert median_distance(features[0]) == pytest.approx(np.median(pdist(features[0])), rel=1e-12)
    many = np.random.default_rng(0).normal(size=(500, 8))
    assert median_distance(many, most=200) == pytest.approx(np.median(pdist(many)), rel=0.05)
    default = squared_mmd(*features)
    assert default == squared_mmd(*features, sigma=median_distance(features[1]))
    scaled = squared_mmd(features[0] * 7, features[1] * 7)
    assert scaled == pytest.approx(default, rel=1e-9), "the median width has no unit"


def test_a_set_against_itself(features):
    assert squared_mmd(features[0], features[0], unbiased=False) == pytest.approx(0, abs=1e-12)
    assert -2 / 60 < squared_mmd(features[0], features[0]) < 0
    assert squared_mmd(*features, unbiased=False) > squared_mmd(*features)


@pytest.mark.parametrize("settings", [{}, CMMD, {"unbiased": False}])
@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_interval_covers_the_expectation_at_this_n(shift, settings):
    generator = np.random.default_rng(1)
    reference = generator.normal(0.5, size=(300, 8))
    width = settings.get("sigma", median_distance(reference))
    settings = {**settings, "sigma": width}
    draws = [generator.normal(0.5 + shift, 1.0, (100, 8)) for _ in range(200)]
    scale = settings.get("scale", 1.0)
    choice = {key: value for key, value in settings.items() if key != "scale"}
    values = [scale * squared_mmd(rows, reference, **choice) for rows in draws]
    intervals = [mmd_score(rows, reference, **settings).interval for rows in draws[:50]]
    assert np.mean([low <= np.mean(values) <= high for low, high in intervals]) >= 0.9
    widths = [(high - low) / 2 for low, high in intervals]
    assert np.mean(widths) < 2 * 1.96 * np.std(values), "wide enough to cover anything"


def test_score_has_n_floor_and_digests():
    rows = np.random.default_rng(0).normal(size=(400, 6))
    score = mmd_score(rows[:80] + 1, rows[80:200], rows[200:], description="gaussians")
    mixed = rows[200:][np.random.default_rng(0).permutation(200)]
    floors = [squared_mmd(part, rows[80:200]) for part in (mixed[:80], mixed[80:160])]
    assert score.floor == pytest.approx(np.mean(floors), rel=1e-9)
    assert (score.samples, score.reference_samples) == (80, 120)
    assert score.floor < score.interval[0] < score.value < score.interval[1]
    assert mmd_score(rows[:80], rows[80:200]).floor is None
    assert mmd_score(rows[:10], rows[80:200]).interval is None


def test_wrong_input_is_told_in_a_sentence():
    with pytest.raises(ValueError, match="most of them are equal"):
        squared_mmd(np.ones((5, 4)), np.ones((5, 4)))
    with pytest.raises(ValueError, match="dimensions 4 and 3"):
        squared_mmd(np.ones((5, 4)), np.ones((5, 3)))
