import numpy as np
import pytest

from app.metrics.image_text import clip_score, image_text_scores, similarity_matrix


def test_similarities_by_hand():
    images = np.array([[3.0, 4.0], [0.0, -2.0]])
    texts = np.array([[1.0, 0.0], [0.0, 5.0]])
    np.testing.assert_allclose(similarity_matrix(images, texts), [[0.6, 0.8], [0.0, -1.0]])
    assert np.all(similarity_matrix(np.zeros((1, 2)), texts) == 0)


def test_conventions_differ_in_scale_and_in_where_they_cut():
    cosines = [0.3, -0.1]
    assert clip_score(cosines) == pytest.approx(100 * 0.1)  # cut after the mean
    assert clip_score(cosines, "hessel") == pytest.approx(2.5 * 0.15)  # cut before it
    assert clip_score([-0.3]) == 0.0 == clip_score([-0.3], "hessel")
    with pytest.raises(ValueError, match="'torchmetrics' and 'hessel'"):
        clip_score(cosines, "openai")


def test_scores_by_hand_with_baselines():
    texts = np.eye(3)
    images = np.array([[0.8, 0.6, 0.0], [0.0, 1.0, 0.0], [0.0, 0.6, 0.8], [1.0, 0.0, 0.0]])
    scores = image_text_scores(
        images,
        texts,
        [0, 1, 1, 2],
        real=np.concatenate([texts, texts]),
        real_labels=[0, 1, 2, 0, 1, 2],
        noise=np.ones((2, 3)),
        description="three words",
    )
    values = {name: score.value for name, score in scores.items()}
    assert values == pytest.approx(
        {
            "top1_similarity": (0.8 + 1 + 0.8 + 1) / 4,
            "intended_similarity": (0.8 + 1 + 0.6 + 0) / 4,
            "matching_accuracy": 0.5,
            "clip_score": 100 * 0.6,
            "clip_score_hessel": 2.5 * 0.6,
            "top1_similarity_noise": 1 / np.sqrt(3),
        }
    )
    assert scores["matching_accuracy"].floor == 1.0 and scores["clip_score"].floor == 100.0
    low, high = scores["matching_accuracy"].interval
    assert low < 0.5 < high
    assert all(score.samples == 4 for name, score in scores.items() if "noise" not in name)


def test_without_labels_only_the_best_text_counts():
    scores = image_text_scores(np.eye(3), np.eye(3))
    assert set(scores) == {"top1_similarity"}
    assert scores["top1_similarity"].floor is None
    assert "no value of real images" in scores["top1_similarity"].note


def test_intervals_cover_the_expectation():
    generator = np.random.default_rng(0)
    texts, labels = generator.normal(size=(4, 6)), np.arange(60) % 4
    runs = [
        image_text_scores(texts[labels] + generator.normal(size=(60, 6)), texts, labels)
        for _ in range(150)
    ]
    for name in ("top1_similarity", "intended_similarity", "matching_accuracy", "clip_score"):
        mean = np.mean([run[name].value for run in runs])
        intervals = [run[name].interval for run in runs[:50]]
        assert np.mean([low <= mean <= high for low, high in intervals]) >= 0.9, name


def test_wrong_input_is_told_in_a_sentence():
    with pytest.raises(ValueError, match="of one encoder. Received: "):
        image_text_scores(np.ones((2, 3)), np.ones((2, 4)))
    with pytest.raises(ValueError, match=r"label in \[0, 3\).*from 0 to 3"):
        image_text_scores(np.eye(3), np.eye(3), [0, 1, 3])
