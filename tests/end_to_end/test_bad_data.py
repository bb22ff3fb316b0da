"""Bad images, archives, folders and own functions: the sentence says what is wrong with them."""

import numpy as np
import pytest
from PIL import Image

GREY = np.tile(np.arange(8, dtype="uint8") * 30, (200, 8, 1))
LABELS = np.arange(200) % 4


def changed(index, value, dtype="float32"):
    images = (GREY / 255).astype(dtype)
    images[index] = value
    return images


ARRAYS = [
    ({"images": changed((3, 2, 1), np.nan)}, r"must be finite\. Received: 1 NaN or infinite"),
    ({"images": changed((3, 2), np.inf)}, r"must be finite\. Received: 8 NaN or infinite"),
    ({"images": changed(0, -1)}, r"must lie in 0\.\.255.*Received: -1.*in -1\.\.1 become"),
    ({"images": changed(0, 256)}, r"must lie in 0\.\.255.*Received: 0\.0 to 256"),
    ({"images": GREY.astype("int64") - 5}, r"must lie in 0\.\.255.*Received: -5 to 205"),
    ({"images": GREY.astype("int32") * 2}, r"must lie in 0\.\.255.*Received: 0 to 420"),
    ({"images": GREY + 0j}, r"must be numbers.*dtype complex128"),
    ({"images": GREY.astype(str)}, r"must be numbers.*dtype <U"),
    ({"images": GREY.astype("datetime64[s]")}, "must be numbers"),
    ({"images": GREY[0]}, r"must have shape .*Received: shape \(8, 8\)"),
    ({"images": GREY[..., None].repeat(2, -1)}, r"1 or 3 channels.*Received: shape .*, 2\)"),
    ({"images": GREY[..., None].repeat(4, -1)}, r"1 or 3 channels.*Received: shape .*, 4\)"),
    ({"images": np.moveaxis(GREY[..., None].repeat(3, -1), -1, 1)}, "Channels go last"),
    ({"images": GREY[None, None]}, r"must have shape"),
    ({"images": np.float32(3)}, r"must have shape .*Received: shape \(\)"),
    ({"images": GREY[:0]}, r"must hold at least one image"),
    ({"images": GREY[:, :0]}, r"must hold at least one image"),
    ({"images": GREY[:1]}, "too small to be cut"),
    ({"images": np.array([None, {}], dtype=object)}, r"numpy archive of plain arrays"),
    ({"images": GREY, "labels": LABELS[:-1]}, r"one entry for each of its 200 images.*\(199,\)"),
    ({"images": GREY, "labels": LABELS[:0]}, r"one entry for each of its 200 images.*\(0,\)"),
    ({"images": GREY, "labels": LABELS + 0.5}, r"must be whole numbers.*starting \[0\.5"),
    ({"images": GREY, "labels": LABELS * np.nan}, r"must be whole numbers"),
    ({"images": GREY, "labels": LABELS.astype(str)}, r"whole numbers.*Number the classes first"),
    ({"images": GREY, "labels": LABELS - 1}, r"must lie in 0\.\..*Received: -1 at index 0"),
    ({"images": GREY, "labels": LABELS * 10**12}, r"at most 100,000 of them.*Received: labels up"),
    ({"images": GREY, "labels": LABELS, "class_names": np.array(["a", "b"])}, r"lie in 0\.\.1"),
    ({"images": GREY, "labels": np.eye(4)[LABELS] * 2}, r"must be -1 \(no\), \+1 \(yes\) or 0"),
    ({"images": GREY, "labels": LABELS.reshape(-1, 1, 1)}, r"one entry for each"),
    ({"pictures": GREY}, r"must hold `images`.*It holds: pictures\. Rename its arrays"),
    ({}, r"It holds: nothing"),
    ({"x_train": GREY, "y_train": LABELS}, r"expected to hold x_test for the split 'test'"),
    ({"x_test": GREY, "y_test": LABELS}, r"expected to hold x_train for the split 'train'"),
    ({"images": GREY}, r"conditional on classes, but .* has no labels.*--diffusion.condition none"),
    ({"images": GREY[:80], "labels": LABELS[:80]}, r"fewer than a batch of 64.*smaller --training"),
    ({"images": GREY[:, :7], "labels": LABELS}, r"multiples? of 2"),
    ({"images": GREY[:, :, :7], "labels": LABELS}, r"multiples? of 2"),
    ({"images": GREY, "labels": np.sign(np.eye(4)[LABELS] - 0.5)}, r"but .* has no labels|classes"),
]


@pytest.mark.parametrize("number", range(len(ARRAYS)))
def test_bad_arrays(refused, tmp_path, number):
    arrays, pattern = ARRAYS[number]
    np.savez(tmp_path / "mine.npz", **arrays)
    refused(["train", "digits", "--data.name", tmp_path / "mine.npz"], pattern)


def plain_array(path):
    np.save(path.with_suffix(".npy"), GREY)
    return path.with_suffix(".npy").read_bytes()


def whole_archive(path):
    np.savez(path, images=GREY, labels=LABELS)
    return path.read_bytes()


FILES = [
    ("text.npz", lambda path: b"not an archive", r"must be a numpy archive of plain arrays"),
    ("empty.npz", lambda path: b"", r"must be a numpy archive of plain arrays"),
    ("half.npz", lambda path: whole_archive(path)[:400], r"could not be read.*Write it again"),
    (
        "flipped.npz",
        lambda path: whole_archive(path)[:300] + b"\xff" * 9 + whole_archive(path)[309:],
        r"could not be read: .*Bad CRC|could not be read",
    ),
    ("array.npz", lambda path: b"\x93NUMPY\x01\x00rubbish", r"could not be read"),
    ("plain.npz", lambda path: plain_array(path), r"numpy archive of plain arrays.*not a zip"),
]


@pytest.mark.parametrize("name, content, pattern", FILES, ids=[name for name, _, _ in FILES])
def test_bad_archives(refused, tmp_path, name, content, pattern):
    path = tmp_path / name
    path.write_bytes(content(path))
    refused(["train", "digits", "--data.name", path], pattern)


def save(path, array=GREY[0]):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path)
    return path


def empty(folder):
    (folder / "a").mkdir(parents=True)


def text_only(folder):
    empty(folder)
    (folder / "a" / "notes.txt").write_text("no image")


def truncated(folder):
    path = save(folder / "a" / "cut.png", np.random.default_rng(0).integers(0, 255, (64, 64), "u1"))
    path.write_bytes(path.read_bytes()[:900])


def renamed_text(folder):
    save(folder / "a" / "good.png")
    (folder / "a" / "bad.png").write_text("no image")


def mixed_sizes(folder):
    save(folder / "a" / "small.png")
    save(folder / "b" / "wide.png", GREY[0].repeat(2, 1))


def loose_and_classes(folder):
    save(folder / "loose.png")
    save(folder / "a" / "inside.png")


def too_deep(folder):
    save(folder / "domain" / "a" / "inside.png")


def sixteen_bits(folder):
    save(folder / "a" / "deep.png", GREY[0].astype("uint16") * 200)


def one_image(folder):
    save(folder / "a" / "single.png")


def unlabelled(folder):
    for number in range(30):
        save(folder / f"{number}.png")


FOLDERS = [
    (empty, r"must hold images \(.*png.*\) or class folders of them\. None was found"),
    (text_only, r"None was found"),
    (truncated, r"cut\.png could not be read as an image: .*Remove it or copy it again"),
    (renamed_text, r"bad\.png could not be read as an image"),
    (mixed_sizes, r"one shape when no `size` is given.*8x8.*8x16\. Give `size`"),
    (loose_and_classes, r"images or class folders of images, not both.*like loose\.png"),
    (too_deep, r"There are images deeper.*give the folder of one domain"),
    (sixteen_bits, r"deep\.png has more than 8 bits a pixel.*Convert it"),
    (one_image, r"too small to be cut"),
    (unlabelled, r"has no labels.*put the images into one folder a class"),
]


@pytest.mark.parametrize("make, pattern", FOLDERS, ids=[make.__name__ for make, _ in FOLDERS])
def test_bad_folders(refused, tmp_path, make, pattern):
    make(tmp_path / "photos")
    refused(["train", "digits", "--data.name", tmp_path / "photos"], pattern)


OWN_DATA = [
    ("import nothing_there", r"Could not import .*: No module named 'nothing_there'"),
    ("import sys; sys.exit(0)", r"Could not import .*: SystemExit: 0"),
    ("def make(", r"Could not import .*never closed"),
    ("make = 3", r"must be a function. Received: int"),
    ("def make(): 1 / 0", r"raised ZeroDivisionError: division by zero"),
    ("def make(): raise SystemExit", r"raised SystemExit"),
    ("def make(a, b): return a", r"raised TypeError: .*missing 2 required"),
    ("def make(): return None", r"must return a Dataset.*Received: NoneType"),
    ("def make(): return [[1, 2]]", r"must return a Dataset.*Received: list"),
    ("import numpy\ndef make(): return numpy.zeros(3)", r"must have shape"),
    ("import numpy\ndef make(): return numpy.full((9, 8, 8), numpy.nan)", r"must be finite"),
    ("import numpy\ndef make(): return numpy.zeros((9, 8, 8)), [1, 2]", r"one entry for each of"),
]


@pytest.mark.parametrize("number", range(len(OWN_DATA)))
def test_own_data_that_fails(refused, tmp_path, monkeypatch, number):
    text, pattern = OWN_DATA[number]
    (tmp_path / f"own_data_{number}.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    refused(["train", "digits", "--data.name", f"own_data_{number}:make"], pattern)


def test_train_and_test_folders_of_other_classes(refused, tmp_path):
    for part, name in (("train", "a"), ("test", "b")):
        for number in range(3):
            save(tmp_path / "photos" / part / name / f"{number}.png")
    refused(
        ["train", "digits", "--data.name", tmp_path / "photos"],
        r"must have the same class folders\. train has a, test has b",
    )
