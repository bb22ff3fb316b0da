import numpy as np
import pytest

from app.data import load
from app.errors import UserError
from app.metrics.features import CifarFeatures, DigitFeatures, Pixels
from app.metrics.frechet import frechet_distance
from app.metrics.make_reference_statistics import main
from app.metrics.reference_statistics import (
    extractors_of,
    path_of,
    shipped_statistics,
    write_statistics,
)
from app.metrics.statistics import Statistics

PIXELS = Pixels((2, 4, 1))


def features(count, seed=0):
    generator = np.random.default_rng(seed)
    rows = generator.normal(size=(count, 8)) @ np.diag([9, 3, 1, 0.3, 0.1, 0.01, 1e-3, 0])
    return rows + generator.normal(size=8)


def write(folder, statistics, **changes):
    path = path_of("shapes", "test", "pixels", folder)
    record = {"data_digest": "x", "extractor_digest": PIXELS.digest, **changes}
    write_statistics(path, statistics, **record)
    return path


@pytest.mark.parametrize("count", [5, 8, 400], ids=lambda n: f"{n} images")
def test_a_distance_survives_the_file(tmp_path, count):
    """Fewer images than dimensions, as many, more; a dimension that is constant."""
    statistics = Statistics.of(features(count))
    write(tmp_path, statistics)
    known, record = shipped_statistics("shapes", "test", PIXELS, tmp_path)
    assert record["data_digest"] == "x" and known.count == count
    np.testing.assert_array_equal(known.mean, statistics.mean)
    assert known.covariance.dtype == np.float64
    for other in (features(300, 1), features(6, 2) * 2, features(count)[: count // 2 + 1]):
        expected = frechet_distance(other, statistics)
        assert frechet_distance(other, known) == pytest.approx(expected, rel=1e-5)


def test_what_is_missing_damaged_or_of_other_weights_is_refused(tmp_path):
    with pytest.raises(UserError, match="No statistics of shapes test.*Shipped: none"):
        shipped_statistics("shapes", "test", PIXELS, tmp_path)
    path = write(tmp_path, Statistics.of(features(50)), extractor_digest="0123456789abcdef")
    assert extractors_of("shapes", "test", tmp_path) == ["pixels"]
    assert extractors_of("shapes", "train", tmp_path) == []
    with pytest.raises(UserError, match="weights of sha256 0123456789ab"):
        shipped_statistics("shapes", "test", PIXELS, tmp_path)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(UserError, match="are damaged.*git checkout"):
        shipped_statistics("shapes", "test", PIXELS, tmp_path)


@pytest.mark.parametrize("split, count", [("train", 60000), ("test", 10000)])
def test_the_shipped_files_are_of_the_shipped_classifier(split, count):
    """MNIST's digits lie near; the embedded 5,000 are a part of its training images."""
    judge = DigitFeatures()
    assert path_of("mnist", split, judge.name).stat().st_size < 2.5e6
    statistics, record = shipped_statistics("mnist", split, judge)
    assert statistics.count == count and record["split"] == split
    images = load("mnist-5k", split="test").images
    near = frechet_distance(judge(images), statistics)
    assert 1 < near < 12  # floor at n = 2,000 with 1,024 dimensions: about 7
    assert frechet_distance(judge(255 - images), statistics) > 20 * near


def test_the_shipped_files_of_cifar_are_of_the_shipped_classifier():
    """Both splits show the same things, which noise does not."""
    judge, known = CifarFeatures(), {}
    for split, count in (("train", 50_000), ("test", 10_000)):
        assert path_of("cifar10", split, judge.name).stat().st_size < 2.5e6
        known[split], record = shipped_statistics("cifar10", split, judge)
        assert known[split].count == count and record["split"] == split
        assert record["class_names"][0] == "airplane" and record["image_shape"] == [32, 32, 3]
    between = frechet_distance(known["train"], known["test"])
    assert 0.1 < between < 3
    noise = np.random.default_rng(0).integers(0, 256, (300, 32, 32, 3)).astype("uint8")
    assert frechet_distance(judge(noise), known["test"]) > 100 * between


@pytest.mark.parametrize("name, judge", [("mnist", DigitFeatures), ("cifar10", CifarFeatures)])
def test_shipped_and_full_statistics_give_one_distance(shared_data, name, judge):
    judge = judge()
    rows = judge(load(name, shared_data, "test").images)
    known, _ = shipped_statistics(name, "test", judge)
    full, some = Statistics.of(rows), rows[:2000]
    assert frechet_distance(some, known) == pytest.approx(frechet_distance(some, full), rel=1e-5)


def test_the_script_makes_a_file_a_split(tmp_path, capsys):
    main(["--data", "digits", "--folder", str(tmp_path), "--splits", "test"])
    assert "digits-test-digit-classifier.npz" in capsys.readouterr().out
    statistics, record = shipped_statistics("digits", "test", DigitFeatures(), tmp_path)
    assert statistics.count == 359 and record["class_names"] == list("0123456789")
