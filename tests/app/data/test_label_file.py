import numpy as np
import pytest

from app.data.label_file import from_file, says_nothing
from app.data.label_noise import CIFAR10_PAIRS, asymmetric, instance_dependent, symmetric
from app.errors import UserError

CLEAN = np.repeat(np.arange(10), 2000)


def test_labels_come_back_from_a_file(tmp_path):
    noisy = symmetric(CLEAN, 10, 0.4, seed=2)
    np.save(tmp_path / "labels.npy", noisy.labels)
    np.savetxt(tmp_path / "labels.txt", noisy.labels, fmt="%d")
    for name in ("labels.npy", "labels.txt"):
        read = from_file(tmp_path / name, CLEAN, 10)
        np.testing.assert_array_equal(read.labels, noisy.labels)
        assert read.rate == noisy.rate and name in read.description


def test_files_that_do_not_fit_are_told(tmp_path):
    np.save(tmp_path / "short.npy", CLEAN[:5])
    np.save(tmp_path / "large.npy", CLEAN + 1)
    (tmp_path / "words.txt").write_text("cat\ndog\n")
    whole = (tmp_path / "large.npy").read_bytes()
    for name, content in {
        "empty.npy": b"",
        "empty.txt": b"\n",
        "cut.npy": whole[:-1],
        "zip.npy": b"PK\x03\x04 and no more",
    }.items():
        (tmp_path / name).write_bytes(content)
    for name, words in (
        ("none.npy", "which is none"),
        ("short.npy", "20000 labels were expected.*Received: 5"),
        ("large.npy", "from 0 to 9 were expected. Received: 1 to 10"),
        ("words.txt", "whole numbers"),
        ("empty.npy", "which is empty"),
        ("empty.txt", "which is empty"),
        ("cut.npy", "whole numbers"),
        ("zip.npy", "whole numbers"),
    ):
        with pytest.raises(UserError, match=words):
            from_file(tmp_path / name, CLEAN, 10)


@pytest.fixture
def random():
    """A generator for each test."""
    return np.random.default_rng(3)


@pytest.mark.parametrize(("count", "classes"), [(2000, 2), (500, 10), (20_000, 10), (2000, 100)])
def test_a_file_in_another_order_or_of_another_data_set_is_refused(
    random, tmp_path, count, classes
):
    clean = random.integers(0, classes, count)
    noisy = symmetric(clean, classes, 0.3, seed=1).labels
    for wrong in (
        random.permutation(clean),
        random.permutation(noisy),
        random.integers(0, classes, count),
    ):
        np.save(tmp_path / "labels.npy", wrong)
        with pytest.raises(UserError, match="follow the classes.*another order.*split='train'"):
            from_file(tmp_path / "labels.npy", clean, classes)


def test_unequal_classes_hide_no_wrong_order(random):
    clean = (np.arange(1000) >= 950).astype("int64")
    shuffled = random.permutation(clean)
    assert np.mean(clean != shuffled) < 0.12  # far below one half, and nothing learnt of class 1
    assert says_nothing(clean, shuffled, 2)
    assert says_nothing(clean, np.zeros(1000, "int64"), 2)
    rare = np.where((clean == 1) & (random.random(1000) < 0.8), 0, clean)
    assert not says_nothing(clean, rare, 2)


@pytest.mark.parametrize(
    ("count", "classes", "rate"),
    [(64, 2, 0.2), (64, 10, 0.6), (500, 10, 0.75), (20_000, 10, 0.88), (5000, 100, 0.97)],
)
def test_files_that_are_wrong_below_chance_are_read(random, count, classes, rate):
    for seed in range(20 if count < 1000 else 2):
        clean = random.integers(0, classes, count)
        assert not says_nothing(clean, symmetric(clean, classes, rate, seed).labels, classes)


def test_flips_along_pairs_and_by_the_image_are_read(random):
    for rate in (0.45, 0.4, 0.2):
        assert not says_nothing(CLEAN, asymmetric(CLEAN, 10, rate, CIFAR10_PAIRS).labels, 10)
    images = random.integers(0, 256, (20_000, 4, 4, 1)).astype("uint8")
    assert not says_nothing(CLEAN, instance_dependent(images, CLEAN, 10, 0.6).labels, 10)
    # As many agree as by chance, one in ten; where the others went tells that the order is right.
    clean = random.integers(0, 10, 500)
    along = np.where(np.arange(500) % 10 == 0, clean, (clean + 1) % 10)
    assert abs(np.mean(along == clean) - 0.1) < 1e-12
    assert not says_nothing(clean, along, 10)


def test_a_hopeless_file_that_is_in_order_is_warned_of(tmp_path):
    np.save(tmp_path / "moved.npy", (CLEAN + 1) % 10)
    with pytest.warns(UserWarning, match="share of 1 .*no method can learn.*numbered alike"):
        assert from_file(tmp_path / "moved.npy", CLEAN, 10).rate == 1.0


def test_of_one_class_nothing_can_be_told(random):
    assert not says_nothing(np.zeros(100, "int64"), random.integers(0, 2, 100), 2)


def test_one_file_in_five_hundred_of_another_order_passes(random):
    clean = random.integers(0, 5, 300)
    passed = sum(not says_nothing(clean, random.permutation(clean), 5) for _ in range(300))
    assert passed <= 4  # of 300, 0.6 expected; five or more: one in 2500


def test_cifar10_in_its_original_order_is_refused_and_by_id_it_is_read(shared_data, tmp_path):
    import tensorflow_datasets as tfds

    builder = tfds.builder_from_directory(str(shared_data / "tfds/cifar10/3.0.2"))
    columns = tfds.decode.PartialDecoding({"id": True, "label": True})
    rows = list(tfds.as_numpy(builder.as_dataset(split="train", decoders=columns)))
    clean = np.array([row["label"] for row in rows])
    places = np.array([int(row["id"][-5:]) for row in rows])
    original = np.empty_like(clean)
    original[places] = clean
    assert original[:10].tolist() == [6, 9, 9, 4, 1, 1, 2, 7, 8, 3]  # frog, truck, truck, deer, ...
    people = symmetric(original, 10, 0.4, seed=4).labels  # the rate of CIFAR-10N's worst labels
    np.save(tmp_path / "original.npy", people)
    with pytest.raises(UserError, match=r"where 90\.\d% differ.*feature `id`"):
        from_file(tmp_path / "original.npy", clean, 10)
    np.save(tmp_path / "labels.npy", people[places])
    assert abs(from_file(tmp_path / "labels.npy", clean, 10).rate - 0.4) < 0.01
