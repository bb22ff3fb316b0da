import numpy as np
import pytest

from app.metrics.kid import kernel_distance, kid_score


def peers_features():
    random = np.random.RandomState(0)
    return random.normal(size=(60, 8)), random.normal(0.2, 1.1, size=(80, 8))


def test_golden_values_of_the_peers():
    first, second = peers_features()
    # torch-fidelity 0.4.0 (torch 2.13.0, numpy 2.4.6): kid_features_to_metric(torch.from_numpy(
    # first), torch.from_numpy(second), kid_subsets=5, kid_subset_size=40), its seed 2020.
    ours = kernel_distance(first, second, subsets=5, subset_size=40)
    assert ours == pytest.approx(0.18988211900597288, rel=1e-9)
    # clean-fid 0.1.35: np.random.seed(0); kernel_distance(first, second, num_subsets=5,
    # max_subset_size=40). It draws from the second set first.
    ours = kernel_distance(second, first, subsets=5, subset_size=40, seed=0)
    assert ours == pytest.approx(0.18517689940612597, rel=1e-9)


def test_one_subset_of_all_rows_is_the_whole_estimate():
    first, second = peers_features()
    second = second[:60]
    total = 0.0
    for a, b, sign in [(first, first, 1), (second, second, 1), (first, second, -2)]:
        table = (a @ b.T / 8 + 1) ** 3
        if sign == 1:
            total += (table.sum() - np.trace(table)) / (60 * 59)
        else:
            total -= 2 * table.mean()
    assert kernel_distance(first, second, subsets=1) == pytest.approx(total, rel=1e-12)


def test_equal_distributions_score_zero_on_average_and_below_it_half_of_the_time():
    generator = np.random.default_rng(0)
    values = [kernel_distance(*generator.normal(size=(2, 50, 8)), subsets=1) for _ in range(200)]
    assert abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(200)
    assert 0.3 < np.mean(np.array(values) < 0) < 0.8
    features = generator.normal(size=(300, 8))
    itself = kernel_distance(features, features, subsets=5)
    assert -0.2 < itself < 0.0, "each row with its own copy counts across, not within"


@pytest.mark.parametrize(
    ("samples", "real", "shift", "size"),
    [(100, 400, 0.0, 1000), (100, 400, 0.3, 1000), (150, 200, 0.2, 50)],
)
def test_interval_covers_the_expectation_at_this_n(samples, real, shift, size):
    generator = np.random.default_rng(1)
    reference = generator.normal(size=(real, 8))

    def score(rows):
        return kid_score(rows, reference, subsets=10, subset_size=size)

    draws = [generator.normal(shift, 1.1, (samples, 8)) for _ in range(200)]
    choice = {"subsets": 10, "subset_size": size}
    values = [kernel_distance(rows, reference, **choice) for rows in draws]
    intervals = [score(rows).interval for rows in draws[:50]]
    assert np.mean([low <= np.mean(values) <= high for low, high in intervals]) >= 0.9
    widths = [(high - low) / 2 for low, high in intervals]
    assert np.mean(widths) < 2 * 1.96 * np.std(values), "wide enough to cover anything"


def test_score_has_n_floor_and_digests():
    generator = np.random.default_rng(0)
    rows = generator.normal(size=(300, 6))
    score = kid_score(rows[:80] + 1, rows[80:200], rows[200:], subsets=3, description="gaussians")
    assert (score.samples, score.reference_samples) == (80, 120)
    assert score.value == kernel_distance(rows[:80] + 1, rows[80:200], subsets=3)
    held_out = rows[200:][np.random.default_rng(0).permutation(100)[:80]]  # 80 at random
    assert score.floor == kernel_distance(held_out, rows[80:200], subsets=3)
    assert abs(score.floor) < score.interval[0] < score.value < score.interval[1]
    assert score.note == "subsets of 80, not 1000: there are no more images"
    moved = kid_score(rows[:80], rows[80:199], subsets=3)
    assert moved.floor is None and "needs 80 held-out" in moved.note
    assert moved.reference_digest != score.reference_digest
    assert kid_score(rows[:16], rows[80:200], subsets=3).interval is None


def test_wrong_input_is_told_in_a_sentence():
    rows = np.ones((5, 4))
    with pytest.raises(ValueError, match="dimensions 4 and 3"):
        kernel_distance(rows, rows[:, :3])
    with pytest.raises(ValueError, match="at least 2 samples"):
        kernel_distance(rows[:1], rows)
    with pytest.raises(ValueError, match="subset_size=1"):
        kernel_distance(rows, rows, subset_size=1)
