import errno
import json

import numpy as np
import pytest

from app.metrics import rows_file
from app.metrics.feature_cache import FeatureCache, facts_of, key_of
from app.metrics.features import Pixels

IMAGES = np.random.default_rng(0).integers(0, 256, (2500, 4, 4, 1), "uint8")


class Counting(Pixels):
    """Pixels, the images counted, with two "logits"."""

    def __init__(self, shape=(4, 4, 1), digest="a"):
        super().__init__(shape)
        self.digest, self.seen = digest, 0

    def outputs(self, images):
        self.seen += len(images)
        features = self(images)
        return features, features[:, :2]


@pytest.fixture
def said():
    return []


@pytest.fixture
def cache(tmp_path, said):
    return FeatureCache(tmp_path / "features", say=said.append)


def expected():
    return IMAGES.reshape(2500, 16).astype("float32") / 255


def test_a_second_pass_finds_the_features_of_the_first(cache, said):
    extractor = Counting()
    for _ in range(2):
        features, logits = cache.outputs(IMAGES, extractor)
        np.testing.assert_array_equal(features, expected())
        np.testing.assert_array_equal(logits, expected()[:, :2])
        assert isinstance(features, np.memmap) and features.dtype == np.float32
    assert extractor.seen == 2500 and not said
    assert len(list(cache.folder.iterdir())) == 1  # and no draft


def test_other_images_and_other_weights_are_passed_again(cache):
    extractor = Counting()
    cache.outputs(IMAGES, extractor)
    cache.outputs(IMAGES[:-1], extractor)
    cache.outputs(IMAGES.reshape(2500, 2, 8, 1)[:2499], Counting((2, 8, 1)))
    other = Counting(digest="b")
    cache.outputs(IMAGES, other)
    assert extractor.seen == 2500 + 2499 and other.seen == 2500
    assert len(list(cache.folder.iterdir())) == 4


def flip(path):
    content = bytearray(path.read_bytes())
    content[-5] ^= 1
    path.write_bytes(bytes(content))


def edit(**changes):
    def damage(path):
        header = json.loads(path.with_name("header.json").read_text())
        header["facts"].update(changes)
        path.with_name("header.json").write_text(json.dumps(header))

    return damage


DAMAGE = {
    "one bit": (flip, "another sha256"),
    "cut off": (lambda path: path.write_bytes(path.read_bytes()[:999]), "."),
    "other shape": (lambda path: np.save(path, np.zeros((3, 16), "f4")), "another shape or type"),
    "other type": (lambda path: np.save(path, np.zeros((2500, 16))), "another shape or type"),
    "gone": (lambda path: path.unlink(), "No such file"),
    "other weights": (edit(extractor_digest="c"), "of other images or another extractor"),
    "no header": (lambda path: path.with_name("header.json").unlink(), "No such file"),
    "torn header": (lambda path: path.with_name("header.json").write_text('{"facts"'), "."),
    "empty header": (lambda path: path.with_name("header.json").write_text("[]"), "."),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_what_does_not_match_is_refused_in_a_sentence_and_made_anew(cache, said, name):
    damage, reason = DAMAGE[name]
    extractor = Counting()
    cache.outputs(IMAGES, extractor)
    damage(cache.folder / key_of(facts_of(IMAGES, extractor)) / "features.npy")
    features, _ = cache.outputs(IMAGES, extractor)
    np.testing.assert_array_equal(features, expected())
    assert extractor.seen == 5000
    assert len(said) == 1 and "do not match and are made anew" in said[0] and reason in said[0]
    cache.outputs(IMAGES, extractor)
    assert extractor.seen == 5000 and len(said) == 1


def test_without_a_place_to_write_it_goes_on_and_says_so_once(tmp_path, said):
    (tmp_path / "file").write_text("")
    cache = FeatureCache(tmp_path / "file" / "features", say=said.append)
    extractor = Counting()
    for _ in range(2):
        features, _ = cache.outputs(IMAGES, extractor)
        np.testing.assert_array_equal(features, expected())
    assert extractor.seen == 5000
    assert len(said) == 1 and "goes on without the cache" in said[0]


class Full:
    """A file on a disk that holds so many bytes."""

    def __init__(self, file, room):
        self.file, self.room = file, room

    def __getattr__(self, name):
        return getattr(self.file, name)

    def write(self, content):
        self.room -= memoryview(content).nbytes
        if self.room < 0:
            self.file.write(bytes(content)[:10])  # a part may still arrive
            raise OSError(errno.ENOSPC, "No space left on device")
        return self.file.write(content)


@pytest.mark.parametrize("room", [0, 100, 70_000, 140_000])
def test_a_disk_that_fills_up_costs_nothing_but_the_cache(cache, said, monkeypatch, room):
    """1,000 images are 64,000 bytes: full at the header, in the first, second and third batch."""

    def opened(path, mode):
        return Full(open(path, mode), room if path.name == "features.npy" else 1e9)

    monkeypatch.setattr(rows_file, "open", opened, raising=False)
    features, logits = cache.outputs(IMAGES, Counting())
    np.testing.assert_array_equal(features, expected())
    np.testing.assert_array_equal(logits, expected()[:, :2])
    assert len(said) == 1 and "disk is full" in said[0]
    assert not list(cache.folder.iterdir())


def test_an_interrupted_pass_leaves_nothing(cache):
    class Stops(Counting):
        def outputs(self, images):
            if self.seen:
                raise KeyboardInterrupt
            return super().outputs(images)

    with pytest.raises(KeyboardInterrupt):
        cache.outputs(IMAGES, Stops())
    assert not list(cache.folder.iterdir())


def test_the_environment_names_the_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("NOISEWISE_CACHE", str(tmp_path / "here"))
    assert FeatureCache().folder == tmp_path / "here" / "features"
    monkeypatch.delenv("NOISEWISE_CACHE")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert FeatureCache().folder == tmp_path / ".cache" / "noisewise" / "features"
