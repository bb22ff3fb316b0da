"""Which images."""

from __future__ import annotations

from dataclasses import dataclass

from app.config.validation import between, check_types, positive, require


@dataclass(frozen=True, kw_only=True)
class Data:
    """Where the images come from."""

    name: str = "mnist-5k"
    """A set of `python -m app data`, a folder of images or samples, an .npz, or module:function."""
    directory: str | None = None
    """Folder that holds an existing copy (TFDS data_dir, or the file of usps)."""
    size: int | None = None
    """Height and width in pixels to which folder images are cropped and resized."""
    training_images: int | None = None
    """Training images used, drawn once and for all with a fixed seed (unset: all)."""
    attributes: str | None = None
    """CSV of attributes of an image folder: file, then names; -1 and 1, or 0 and 1 in each row."""
    attribute_names: tuple[str, ...] = ()
    """Attributes used, in this order (none: all that the data have)."""
    validation_fraction: float = 0.1
    """Share of the training images kept for the validation loss, [0, 0.5] (0: classifiers only)."""
    flip: bool | None = None
    """Random horizontal flips; unset: only where the data set allows them."""
    download: bool = False
    """Let TFDS download the data set when no copy is found."""

    def __post_init__(self):
        check_types(self)
        require(self.name.strip() != "", "`name` must name a data set. Received: nothing.")
        require(
            0 <= self.validation_fraction <= 0.5,
            f"`validation_fraction` must be in [0, 0.5]. Received: {self.validation_fraction}.",
        )
        if self.training_images is not None:
            positive(self, "training_images")
        if self.size is not None:
            between(self, 4, 1024, "size")
