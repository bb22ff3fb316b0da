"""Folders of images: `<folder>/<class>/*.png`, or images without class folders."""

import dataclasses
import os
from pathlib import Path

import numpy as np

from app.data.attribute_table import read_attributes
from app.data.dataset import Dataset
from app.data.split import part_of
from app.errors import UserError

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff"}
MAXIMUM_BYTES = 8 * 2**30


def read_folder(path, split="train", size=None, attributes=None, flips=False):
    """Reads a folder of images into memory.

    Class folders in alphabetical order are the classes 0, 1, ...; images that lie in the folder
    itself have no labels. Folders `train` and `test` side by side are the official splits;
    otherwise a fixed fifth of each class is held out for "test". For two domains
    (`<domain>/<class>/`) give the folder of one domain.

    Treatment: turned upright by EXIF, transparency laid on white, centre cut to a square, resized
    by PIL (bicubic, antialiased) to `size`. Grey (1 channel) if all images are grey, else RGB.

    Args:
        path: path of the folder.
        split: "train", "test" or "all".
        size: pixels, height and width; None keeps the images as they are, all of one shape.
        attributes: path of a CSV, see `app.data.attribute_table`. These replace class labels.
        flips: whether mirror images make sense.

    Returns:
        a Dataset.

    Raises:
        UserError: no images, an unreadable image, shapes that differ, a bad CSV.

    Example:
        ```python
        dataset = read_folder("photos", size=64, flips=True)
        ```
    """
    found = find_images(path, split)
    images, classes = _read_all(found.files, size), found.class_names
    labels = found.labels
    names = ()
    if attributes is not None:
        names, labels = read_attributes(attributes, found.files, found.root)
        classes = ()
    dataset = Dataset(
        found.root.name,
        images,
        labels,
        class_names=classes,
        attribute_names=names,
        split=split if found.official else "all",
        flips=flips,
    )
    return dataset if found.official else part_of(dataset, split)


@dataclasses.dataclass(frozen=True)
class Found:
    """The image files of a folder, not read yet.

    Args:
        root: path of the folder.
        files: paths, in the order of names.
        labels: None, or int64 (count,), the class folder of each file.
        class_names: names of the class folders.
        official: whether the folder itself has this split; else all its files are listed.
    """

    root: Path
    files: list
    labels: object
    class_names: tuple
    official: bool


def find_images(path, split="all"):
    """Lists the images of a folder by the rules of `read_folder`, and reads none.

    Args:
        path: path of the folder.
        split: "train", "test" or "all"; without effect where the folder has no such parts.

    Raises:
        UserError: no such folder, no images, or class folders that do not fit.
    """
    root = Path(os.path.expanduser(path))
    if not root.is_dir():
        raise UserError(f"A folder of images was expected at {root}. There is none.")
    folders = {child.name for child in root.iterdir() if child.is_dir()}
    folders = {name for name in folders if not name.startswith(".")}
    official = {"train", "test"} <= folders
    if stray := official and sorted(folders - {"train", "test", "validation", "val"}):
        raise UserError(
            f"{root} holds the splits train and test, and beside them {', '.join(stray)}: these "
            "cannot be classes of images too. Take them out of there."
        )
    parts = [root] if not official else [root / name for name in _parts(split)]
    listed = {part: _list(part) for part in parts}
    classes = listed[parts[0]][1]
    if official:
        train, test = (_list(root / name)[1] for name in ("train", "test"))
        if train != test:
            raise UserError(
                f"Train and test in {root} must have the same class folders. train has "
                f"{', '.join(train) or 'none'}, test has {', '.join(test) or 'none'}."
            )
    pairs = [pair for found, _ in listed.values() for pair in found]
    labels = np.array([label for _, label in pairs]) if classes else None
    return Found(root, [file for file, _ in pairs], labels, classes, official)


def _parts(split):
    """Folders of a split."""
    return ("train", "test") if split == "all" else (split,)


def _is_image(path):
    return path.suffix.lower() in SUFFIXES and path.is_file() and not path.name.startswith(".")


def _list(root):
    """[(file, label)] in the order of names, and the names of the classes (none: no labels)."""
    children = sorted(child for child in root.iterdir() if not child.name.startswith("."))
    loose = [child for child in children if _is_image(child)]
    by_class = {
        child.name: sorted(filter(_is_image, child.iterdir()))
        for child in children
        if child.is_dir()
    }
    by_class = {name: files for name, files in by_class.items() if files}
    if loose and by_class:
        raise UserError(
            f"{root} must hold images or class folders of images, not both. It holds "
            f"{len(loose)} images, like {loose[0].name}, and the folders {', '.join(by_class)}."
        )
    if not loose and not by_class:
        inside = next((str(file) for file in sorted(root.rglob("*")) if _is_image(file)), None)
        hint = f" There are images deeper, like {inside}: give the folder of one domain."
        raise UserError(
            f"{root} must hold images ({', '.join(sorted(SUFFIXES))}) or class folders of them. "
            f"None was found.{hint if inside else ''}"
        )
    pairs = [(file, i) for i, files in enumerate(by_class.values()) for file in files]
    return (pairs or [(file, 0) for file in loose]), tuple(by_class)


def _read_all(files, size):
    """uint8 images (count, height, width, channels) of all files."""
    if size is not None and size < 1:
        raise UserError(f"`size` must be a number of pixels, 1 or more. Received: {size}.")
    if size and len(files) * size * size * 3 > MAXIMUM_BYTES:
        raise UserError(
            f"{len(files)} images of {size}x{size} would take more than 8 GB of memory. Lower "
            "`size`, or take fewer images."
        )
    images = []
    for file in files:
        image = read_image(file, size)
        if images and image.shape[:2] != images[0].shape[:2]:
            raise UserError(
                f"Images must have one shape when no `size` is given. {files[0]} is "
                f"{_shape(images[0])}, {file} is {_shape(image)}. Give `size`, like size=64."
            )
        images.append(image)
    if all(image.shape[-1] == 1 for image in images):
        return np.stack(images)
    return np.stack([np.repeat(i, 3, -1) if i.shape[-1] == 1 else i for i in images])


def _shape(image):
    return f"{image.shape[0]}x{image.shape[1]}"


def read_image(file, size=None):
    """Reads one image by the treatment of `read_folder`: uint8 (height, width, 1 or 3).

    Args:
        file: path of the image.
        size: pixels, height and width; None keeps them.

    Raises:
        UserError: the file is damaged, or has more than 8 bits a pixel.
    """
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as image:
            image.load()
            image = ImageOps.exif_transpose(image)
    except Exception as error:  # PIL raises SyntaxError, OSError, struct.error and others
        raise UserError(
            f"{file} could not be read as an image: {error or type(error).__name__}. Remove it or "
            "copy it again."
        ) from error
    if image.mode.startswith("I") or image.mode == "F":
        raise UserError(
            f"{file} has more than 8 bits a pixel (mode {image.mode}). Convert it to 8 bits first."
        )
    if image.has_transparency_data:
        image = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", image.size, "white"), image)
    image = image.convert("L" if image.mode in ("1", "L", "LA") else "RGB")
    if size:
        side = min(image.size)
        left, top = (image.width - side) // 2, (image.height - side) // 2
        image = image.crop((left, top, left + side, top + side))
        image = image.resize((size, size), Image.Resampling.BICUBIC)
    array = np.asarray(image)
    return array[..., None] if array.ndim == 2 else array
