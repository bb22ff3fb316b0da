import subprocess
import sys

import numpy as np
import pytest

from app.data import describe, load, tfds_source
from app.data.dataset import Dataset
from app.data.split import part_of
from app.errors import UserError

MNIST_TEST = [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
MNIST_TRAIN = [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
USPS_TRAIN = [1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644]
USPS_TEST = [359, 264, 198, 166, 200, 160, 170, 147, 166, 177]


def test_digits_hold_out_a_fixed_fifth_of_each_class():
    from sklearn.datasets import load_digits

    train, test, everything = (load("digits", split=part) for part in ("train", "test", "all"))
    assert (len(train), len(test), len(everything)) == (1438, 359, 1797)
    assert train.image_shape == (8, 8, 1) and not train.flips and train.classes == 10
    bunch = load_digits()
    # 0..16 is scaled to 0..255 in one step of 15.9375: 8 -> 127.5, which goes up.
    assert set(everything.images[bunch.images == 8].ravel()) == {128}
    assert set(everything.images[bunch.images == 16].ravel()) == {255}
    expected = np.floor(0.2 * np.bincount(bunch.target) + 0.5)
    np.testing.assert_array_equal(np.bincount(test.labels), expected)
    assert train.digest == "48dd3a9ff26d71e9" and test.digest == "53a626f4bb6c3059"
    assert load("digits").digest == train.digest


def test_mnist_5k():
    everything = load("mnist-5k", split="all")
    train, test = part_of(everything, "train"), part_of(everything, "test")
    assert np.bincount(train.labels).tolist() == [400] * 10
    assert np.bincount(test.labels).tolist() == [100] * 10
    assert train.image_shape == (28, 28, 1) and train.images.max() == 255
    assert train.digest == "ce63a9407c604f57" and test.digest == "945377dc9d7af448"


def test_real_sets_have_the_published_counts(shared_data):
    mnist = load("mnist", shared_data, split="test")
    assert np.bincount(mnist.labels).tolist() == MNIST_TEST
    assert mnist.image_shape == (28, 28, 1) and mnist.version == "3.0.1" and not mnist.flips
    cifar = load("cifar10", shared_data / "tfds", split="test")
    assert np.bincount(cifar.labels).tolist() == [1000] * 10
    assert cifar.image_shape == (32, 32, 3) and cifar.flips
    assert cifar.class_names[0] == "airplane"
    usps = load("usps", shared_data)
    assert np.bincount(usps.labels).tolist() == USPS_TRAIN
    usps = load("usps", shared_data / "usps.npz", split="test")
    assert np.bincount(usps.labels).tolist() == USPS_TEST
    assert len(load("usps", shared_data, split="all")) == 9298
    # Taken with the files of shared/data on 2026-11-22.
    assert mnist.digest == "29bf46f62b56c145" and cifar.digest == "4b43d2e153a74d46"
    assert usps.digest == "5e341a7917f22d0e"


@pytest.mark.slow
def test_real_training_sets(shared_data):
    mnist = load("mnist", shared_data)
    assert np.bincount(mnist.labels).tolist() == MNIST_TRAIN
    assert abs(mnist.images.mean() / 255 - 0.1307) < 1e-4
    cifar = load("cifar10", shared_data)
    assert np.bincount(cifar.labels).tolist() == [5000] * 10
    np.testing.assert_allclose(
        cifar.images.mean(axis=(0, 1, 2)) / 255, [0.4914, 0.4822, 0.4465], atol=1e-4
    )
    fashion = load("fashion_mnist", shared_data)
    assert np.bincount(fashion.labels).tolist() == [6000] * 10
    assert fashion.class_names[9] == "Ankle boot"


def test_names_that_are_not_known(tmp_path):
    for given, meant in (("minst", "mnist"), ("cifar-10", "cifar10"), ("celeba", "celeb_a")):
        with pytest.raises(UserError, match=f"Did you mean '{meant}'.*Known: digits, mnist-5k"):
            load(given)
    with pytest.raises(UserError, match="No data set, folder or .npz file is called 'zzz'. Known"):
        load("zzz")
    with pytest.raises(UserError, match="one of train, test, all. Received: 'val'"):
        load("digits", split="val")
    with pytest.raises(UserError, match="has its own size"):
        load("digits", size=16)
    with pytest.raises(UserError, match="for image folders"):
        load("digits", attributes="a.csv")
    for name in ("mnist", "celeb_a", "fashion_mnist"):
        sentence = f"looked for in .*{name}.* not found.*embedded data set `mnist-5k`"
        with pytest.raises(UserError, match=sentence):
            load(name, tmp_path)
    with pytest.raises(UserError, match="usps.npz in .* not found.*embedded data set `digits`"):
        load("usps", tmp_path)


def test_a_download_that_fails_is_one_sentence(tmp_path, monkeypatch):
    class Offline:
        @staticmethod
        def builder(name, data_dir):
            raise ConnectionError("no route to host.\nmany\nlines")

    monkeypatch.setattr(tfds_source, "libraries", lambda: (None, Offline))
    with pytest.raises(UserError, match="Downloading 'mnist' failed: no route to host. Check"):
        load("mnist", tmp_path, download=True)

    def offline(**options):
        raise OSError("unreachable")

    monkeypatch.setattr("sklearn.datasets.fetch_openml", offline)
    with pytest.raises(UserError, match="Fetching 'usps' from OpenML failed: unreachable"):
        load("usps", tmp_path, download=True)


def test_usps_from_openml_equals_its_published_form(tmp_path, monkeypatch):
    class Bunch:
        data = np.linspace(-1, 1, 9298 * 256).reshape(9298, 256)
        target = np.array([str(1 + i % 10) for i in range(9298)])

    monkeypatch.setattr("sklearn.datasets.fetch_openml", lambda **options: Bunch)
    test = load("usps", tmp_path, split="test", download=True)
    assert len(test) == 2007 and test.labels[0] == 7291 % 10 and test.images.max() == 255


def test_a_damaged_copy_is_one_sentence(tmp_path):
    folder = tmp_path / "mnist" / "3.0.1"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text("{")
    with pytest.raises(UserError, match="copy of 'mnist' in .* could not be read"):
        load("mnist", tmp_path)


def test_the_newest_version_is_found(tmp_path):
    for version in ("3.9.1", "3.10.0"):
        folder = tmp_path / "mnist" / version
        folder.mkdir(parents=True)
        (folder / "dataset_info.json").write_text("{}")
    assert tfds_source.find("mnist", tmp_path).name == "3.10.0"
    assert tfds_source.find("mnist", tmp_path / "mnist").name == "3.10.0"
    assert tfds_source.find("mnist", tmp_path / "mnist" / "3.9.1").name == "3.9.1"
    assert tfds_source.find("cifar10", tmp_path) is None
    rows = {row["name"]: row for row in describe(tmp_path)}
    assert rows["mnist"]["available"].endswith("3.10.0") and rows["usps"]["available"] == "no"
    assert rows["digits"]["available"] == "yes, embedded"


def test_npz_files(tmp_path):
    images, labels = np.arange(160, dtype="uint8").reshape(10, 4, 4), np.arange(10) % 2
    plain = tmp_path / "plain.npz"
    np.savez(plain, images=images, labels=labels, class_names=np.array(["even", "odd"]))
    train, test = load(str(plain)), load(plain, split="test")
    assert (len(train), len(test)) == (8, 2) and train.class_names == ("even", "odd")
    assert np.bincount(test.labels).tolist() == [1, 1] and train.name == "plain"
    official = tmp_path / "official.npz"
    np.savez(official, x_train=images, y_train=labels, x_test=images[:3], y_test=labels[:3])
    assert [len(load(official, split=part)) for part in ("train", "test", "all")] == [10, 3, 13]
    bare = tmp_path / "bare.npz"
    np.savez(bare, images)
    assert load(bare, split="all").labels is None
    assert load(bare, flips=True).flips


def test_npz_refusals(tmp_path):
    with pytest.raises(UserError, match="A file of images was expected at"):
        load(tmp_path / "absent.npz")
    broken = tmp_path / "broken.npz"
    broken.write_bytes(b"no archive")
    with pytest.raises(UserError, match="must be a numpy archive"):
        load(broken)
    np.savez(tmp_path / "names.npz", pictures=np.zeros((2, 2, 2)))
    with pytest.raises(UserError, match="It holds: pictures"):
        load(tmp_path / "names.npz")
    np.savez(tmp_path / "objects.npz", images=np.array([None, 1], dtype=object))
    with pytest.raises(UserError, match="numpy archive of plain arrays"):
        load(tmp_path / "objects.npz")
    np.savez(tmp_path / "half.npz", x_train=np.zeros((2, 2, 2)))
    with pytest.raises(UserError, match="expected to hold x_test"):
        load(tmp_path / "half.npz", split="test")


def test_own_functions(tmp_path, monkeypatch):
    (tmp_path / "my_shapes.py").write_text(
        "import numpy as np\nfrom app.data import Dataset\n"
        "def pair(): return np.zeros((10, 4, 4)), np.arange(10) % 2\n"
        "def alone(): return np.zeros((10, 4, 4))\n"
        "def whole(): return Dataset('whole', *pair(), flips=True)\n"
        "def by_split(split): return np.zeros((4 if split == 'train' else 2, 4, 4))\n"
        "def broken(): return 1 / 0\n"
        "def nothing(): return 'nothing'\n"
    )
    monkeypatch.chdir(tmp_path)
    assert len(load("my_shapes:pair")) == 8 and len(load("my_shapes:pair", split="test")) == 2
    assert load("my_shapes:alone", split="all").labels is None
    whole = load("my_shapes:whole")
    assert isinstance(whole, Dataset) and whole.flips and len(whole) == 8
    assert (
        len(load("my_shapes:by_split")) == 4 and len(load("my_shapes:by_split", split="test")) == 2
    )
    for path, sentence in (
        ("my_shapes:broken", "raised ZeroDivisionError"),
        ("my_shapes:nothing", "must return a Dataset.*Received: str"),
        ("my_shapes:missing", "Could not import 'my_shapes:missing': AttributeError"),
        ("no_such_module:f", "Could not import 'no_such_module:f'"),
    ):
        with pytest.raises(UserError, match=sentence):
            load(path)


def test_importing_stays_light():
    heavy = "{'keras', 'tensorflow', 'jax', 'sklearn', 'PIL', 'tensorflow_datasets'}"
    code = f"import sys, app.data; app.data.describe(); print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr
