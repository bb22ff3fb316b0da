"""The data sets known by name, and `load`, which finds one by name, path or import path."""

from app.data import embedded
from app.data.dataset import Dataset
from app.data.split import indices
from app.errors import UserError

SPLITS = ("train", "test", "all")


def load(name, directory=None, split="train"):
    """Loads a data set.

    Args:
        name: `digits` or `mnist-5k`.
        directory: folder of prepared data.
        split: "train", "test" or "all".

    Raises:
        UserError: unknown name or split.

    Example:
        ```python
        dataset = load("digits", split="test")
        ```
    """
    sources = {"digits": embedded.digits, "mnist-5k": embedded.mnist_5k}
    if name not in sources:
        raise UserError(f"Unknown data set {name!r}. Known: {', '.join(sources)}.")
    dataset = Dataset(name, split="all", **sources[name]())
    if split == "all":
        return dataset
    train, test = indices(len(dataset), dataset.labels)
    return dataset.select(train if split == "train" else test, split=split)
