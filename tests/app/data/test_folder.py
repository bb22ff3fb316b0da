import numpy as np
import pytest
from PIL import Image

from app.data import load
from app.errors import UserError


def save(path, value, size=(6, 4), mode="RGB"):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, value).save(path)


@pytest.fixture
def shapes(tmp_path_factory):
    """Two classes of five images each, of different sizes, one of them grey."""
    folder = tmp_path_factory.mktemp("domains") / "Art"
    for label, name in enumerate(("ball", "cube")):
        for index in range(5):
            color = (200 * label, 10 * index, 0)
            save(folder / name / f"{index}.png", color, (6 + index, 4 + label))
    save(folder / "ball" / "4.png", 77, (8, 8), "L")
    return folder


def test_class_folders_become_labels(shapes):
    dataset = load(shapes, size=4, split="all", flips=True)
    assert dataset.class_names == ("ball", "cube") and dataset.flips
    assert dataset.labels.tolist() == [0] * 5 + [1] * 5
    assert dataset.images.shape == (10, 4, 4, 3)
    assert dataset.images[7, 0, 0].tolist() == [200, 20, 0]
    assert dataset.images[4, 0, 0].tolist() == [77, 77, 77]
    train, test = load(shapes, size=4), load(shapes, size=4, split="test")
    assert np.bincount(train.labels).tolist() == [4, 4]
    assert np.bincount(test.labels).tolist() == [1, 1]


def test_hidden_folders_are_none_and_others_beside_the_splits_are_named(tmp_path):
    for split in ("train", "test"):
        save(tmp_path / split / "0.png", 7)
    (tmp_path / ".ipynb_checkpoints").mkdir()
    assert len(load(tmp_path, split="train")) == len(load(tmp_path, split="test")) == 1
    (tmp_path / "masks").mkdir()
    with pytest.raises(UserError, match="train and test, and beside them masks"):
        load(tmp_path)


def test_the_centre_is_cut_before_resizing(tmp_path):
    pixels = np.zeros((4, 8, 3), "uint8")
    pixels[:, :2], pixels[:, 2:6], pixels[:, 6:] = 255, 100, 255
    Image.fromarray(pixels).save(tmp_path / "wide.png")
    image = load(tmp_path, size=2, split="all").images[0]
    assert image.shape == (2, 2, 3) and (image == 100).all()


def test_resizing_is_antialiased(tmp_path):
    board = (np.indices((64, 64)).sum(axis=0) % 2 * 255).astype("uint8")
    Image.fromarray(board).save(tmp_path / "board.png")
    image = load(tmp_path, size=8, split="all").images[0]
    assert image.shape == (8, 8, 1) and np.abs(image.astype(int) - 127).max() < 10


def test_transparency_lies_on_white_and_photos_stand_upright(tmp_path):
    save(tmp_path / "a.png", (0, 0, 0, 0), (4, 4), "RGBA")
    exif = Image.Exif()
    exif[274] = 6  # turn a quarter clockwise
    photo = np.zeros((4, 4, 3), "uint8")
    photo[:2] = 255  # white above: on the right when upright
    Image.fromarray(photo).save(tmp_path / "b.png", exif=exif)
    images = load(tmp_path, split="all").images
    assert (images[0] == 255).all()
    assert (images[1, :, 2:] == 255).all() and (images[1, :, :2] == 0).all()


def test_official_splits(tmp_path):
    for part, count in (("train", 3), ("test", 2)):
        for index in range(count):
            save(tmp_path / part / "one" / f"{index}.png", index, mode="L")
    sizes = [len(load(tmp_path, split=part)) for part in ("train", "test", "all")]
    assert sizes == [3, 2, 5]


def test_attributes_come_from_a_csv(shapes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("faces")
    for index in range(5):
        save(folder / f"{index}.png", index, mode="L")
    table = folder / "list.csv"
    table.write_text("file,smiling,bald\n" + "".join(f"{i}.png,{i % 2},1\n" for i in range(5)))
    dataset = load(folder, attributes=table, split="all")
    assert dataset.attribute_names == ("smiling", "bald") and dataset.classes == 0
    assert dataset.labels.tolist() == [[-1, 1], [1, 1], [-1, 1], [1, 1], [-1, 1]]
    table.write_text("file,smiling\n0.png,1\n")
    with pytest.raises(UserError, match="a row for every image. It has none for '1.png'"):
        load(folder, attributes=table)
    table.write_text("file,smiling\n" + "".join(f"{i}.png,yes\n" for i in range(5)))
    with pytest.raises(UserError, match="each -1, 0 or 1. Received: 'yes'"):
        load(folder, attributes=table)
    with pytest.raises(UserError, match="must be a CSV"):
        load(folder, attributes=folder / "absent.csv")


def test_refusals_name_the_file(shapes, tmp_path_factory):
    with pytest.raises(UserError, match="one shape when no `size`.*ball/1.png.*size=64"):
        load(shapes)
    with pytest.raises(UserError, match="`size` must be"):
        load(shapes, size=-3)
    noisy = np.random.default_rng(0).integers(0, 255, (64, 64, 3)).astype("uint8")
    truncated = shapes / "ball" / "truncated.png"
    Image.fromarray(noisy).save(truncated)
    truncated.write_bytes(truncated.read_bytes()[:2000])
    with pytest.raises(UserError, match="truncated.png could not be read as an image"):
        load(shapes, size=4)
    truncated.write_bytes(b"text")
    with pytest.raises(UserError, match="truncated.png could not be read as an image"):
        load(shapes, size=4)
    truncated.unlink()
    Image.fromarray(np.zeros((4, 4), "uint16")).save(shapes / "ball" / "deep.png")
    with pytest.raises(UserError, match="deep.png has more than 8 bits"):
        load(shapes, size=4)
    (shapes / "ball" / "deep.png").unlink()
    with pytest.raises(UserError, match="images deeper, like .*0.png: give the folder of one"):
        load(shapes.parent, size=4)
    save(shapes / "loose.png", 0)
    with pytest.raises(UserError, match="not both.*loose.png.*ball, cube"):
        load(shapes, size=4)
    with pytest.raises(UserError, match="None was found"):
        load(tmp_path_factory.mktemp("empty"))
