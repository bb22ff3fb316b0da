import numpy as np
import pytest
from scipy.special import softmax
from scipy.stats import entropy

from app.metrics.inception_score import inception_score, inception_scores


def test_by_scipy_s_entropy():
    logits = np.random.default_rng(0).normal(size=(40, 5)) * 3
    likely = softmax(logits, axis=1)
    expected = [
        np.exp(np.mean([entropy(row, part.mean(0)) for row in part]))
        for part in (likely[:20], likely[20:])
    ]
    np.testing.assert_allclose(inception_scores(logits, 2, seed=None), expected, rtol=1e-12)
    np.testing.assert_allclose(inception_scores(np.log(likely), 2, seed=None), expected, rtol=1e-12)


def test_golden_values_of_torch_fidelity():
    logits = np.random.RandomState(0).normal(size=(60, 8))
    # torch-fidelity 0.4.0 (torch 2.13.0, numpy 2.4.6): isc_features_to_metric(torch.from_numpy(
    # logits), splits=3), which shuffles with its seed 2020, and the same with shuffle=False.
    assert inception_scores(logits, 3).mean() == pytest.approx(1.3789900140383693, rel=1e-9)
    assert inception_scores(logits, 3, seed=None).mean() == pytest.approx(
        1.3818387218605046, rel=1e-9
    )


def test_ends_of_the_scale():
    sure = np.eye(10)[np.arange(100) % 10] * 1000.0
    assert inception_scores(sure, 1)[0] == pytest.approx(10)
    assert inception_scores(np.zeros((100, 10)), 5) == pytest.approx(np.ones(5))
    same = np.repeat(sure[:1], 100, axis=0)
    assert inception_scores(same, 1)[0] == pytest.approx(1), "one class only"
    in_order = np.sort(np.arange(100) % 10)
    assert inception_scores(np.eye(10)[in_order] * 1000, 10).mean() > 5
    assert inception_scores(np.eye(10)[in_order] * 1000, 10, seed=None).mean() == pytest.approx(1)


def test_interval_is_student_s_and_covers_the_expectation():
    generator = np.random.default_rng(0)
    draws = [generator.normal(size=(200, 6)) * 3 for _ in range(200)]
    scores = [inception_score(logits) for logits in draws]
    values = inception_scores(draws[0])
    reach = 2.262157 * values.std(ddof=1) / np.sqrt(10)  # t(0.975, 9)
    assert scores[0].interval == pytest.approx((values.mean() - reach, values.mean() + reach))
    mean = np.mean([score.value for score in scores])
    assert np.mean([low <= mean <= high for low, high in (s.interval for s in scores[:50])]) >= 0.9


def test_score_names_its_logits_and_splits():
    logits = np.random.default_rng(0).normal(size=(90, 7))
    score = inception_score(logits[:30], logits[30:])
    assert score.samples == 30 and score.note == "10 splits of the softmax of 7 logits"
    halves = np.split(logits[30:][np.random.default_rng(0).permutation(60)], 2)
    floors = [inception_scores(half).mean() for half in halves]
    assert score.floor == pytest.approx(np.mean(floors))
    few = inception_score(logits[:7])
    assert "3 splits" in few.note and few.floor is None
    assert inception_score(logits[:3]).interval is None
    with pytest.raises(ValueError, match="one sample a split"):
        inception_scores(logits[:3], 4)
