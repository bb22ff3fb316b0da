"""Image files that are sliced like an array and decoded only then: sets larger than the memory."""

import hashlib
import os
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from app.data.folder import read_image
from app.errors import UserError


class ImageFiles:
    """Images in files, all of one size, as a sequence of uint8 (height, width, channels).

    Use it where images are looked at in batches, in order: `images[start:stop]` and `images[rows]`
    decode what is asked for and keep nothing. Make one with `ImageFiles.checked`.

    Args:
        files: paths (count,).
        marks: sha256 of the pixels of each file (count,), for the digest.
        shape: (height, width, channels); with 3 channels grey files are repeated.

    Attributes: `shape` (count, height, width, channels), `dtype`, `digest`.

    Raises:
        UserError: on slicing, if a file was damaged or changed since it was checked.

    Example:
        ```python
        images, kept = ImageFiles.checked(sorted(Path("samples").glob("*.png")))
        images[:100].shape  # (100, 32, 32, 3)
        ```
    """

    dtype = np.dtype("uint8")

    def __init__(self, files, marks, shape):
        self.files = np.asarray([str(file) for file in files], object)
        self.marks = np.asarray(marks, object)
        self.shape = (len(self.files), *shape)

    @classmethod
    def checked(cls, files, skip_damaged=None, progress=None):
        """Decodes every file once, so that nothing is wrong with them later.

        Args:
            files: paths.
            skip_damaged: bool; leave out files that cannot be read. None: refuse them, where there
                is no such option.
            progress: function of the number of files looked at, or None.

        Returns:
            (images, kept): an `ImageFiles`, and the places of its files in `files` (int64).

        Raises:
            UserError: a damaged file, sizes that differ, or nothing left; the file is named.
        """
        marks, shapes, kept = [], [], []
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for number, seen in enumerate(pool.map(_look, files)):
                if progress is not None:
                    progress(number + 1)
                if isinstance(seen, UserError):
                    if skip_damaged:
                        continue
                    pool.shutdown(cancel_futures=True)
                    if skip_damaged is None:
                        raise seen
                    raise UserError(f"{seen} `--skip-damaged` leaves such files out.") from seen
                mark, shape = seen
                if shapes and shape[:2] != shapes[0][:2]:
                    pool.shutdown(cancel_futures=True)
                    raise UserError(
                        f"Images that are measured together must have one size. {files[kept[0]]} "
                        f"is {_size(shapes[0])}, {files[number]} is {_size(shape)}. Resize them "
                        "first, all in the same way."
                    )
                marks.append(mark)
                shapes.append(shape)
                kept.append(number)
        if not kept:
            raise UserError(f"None of the {len(files)} images could be read; the first: {files[0]}")
        channels = max(shape[2] for shape in shapes)
        chosen = [files[number] for number in kept]
        return cls(chosen, marks, (*shapes[0][:2], channels)), np.array(kept)

    def __len__(self):
        return len(self.files)

    def __getitem__(self, key):
        files = self.files[key]
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            images = list(pool.map(read_image, files))
        for file, image in zip(files, images, strict=True):
            if image.shape[:2] != self.shape[1:3]:
                raise UserError(f"{file} changed its size while it was measured. Start again.")
        if not images:
            return np.empty((0, *self.shape[1:]), np.uint8)
        channels = self.shape[3]
        return np.stack([np.broadcast_to(i, (*i.shape[:2], channels)) for i in images])

    def select(self, rows):
        """Returns the `ImageFiles` of some of the files, in the order given."""
        return ImageFiles(self.files[rows], self.marks[rows], self.shape[1:])

    @property
    def digest(self):
        """The first 16 hexadecimal digits of the SHA-256 over the marks, and the shape."""
        content = str(self.shape).encode() + b"".join(self.marks)
        return hashlib.sha256(content).hexdigest()[:16]


def _look(file):
    """Returns the sha256 of the pixels and the shape of an image, or why it cannot be read."""
    try:
        image = read_image(file)
    except UserError as error:
        return error
    content = str(image.shape).encode() + np.ascontiguousarray(image).tobytes()
    return hashlib.sha256(content).digest(), image.shape


def _size(shape):
    return f"{shape[0]}x{shape[1]}"
