"""A user's own data set by import path, `my_module:function`."""

import inspect

from app.data.arrays import no_and_yes
from app.data.dataset import Dataset
from app.data.import_path import imported
from app.data.split import part_of
from app.errors import UserError


def read_own(path, split="train", flips=False):
    """Calls a function of the user's for a data set.

    The function returns a Dataset, (images, labels), or images. If it has an argument `split`,
    it is asked for that split; otherwise it returns everything and a fixed fifth is held out
    for "test". The current directory is searched for the module.

    Args:
        path: "module:function", the module dotted as in an import.
        split: "train", "test" or "all".
        flips: whether mirror images make sense (a returned Dataset knows itself).

    Returns:
        a Dataset.

    Raises:
        UserError: no such module or function, an error in it, or something else returned.

    Example:
        ```python
        dataset = read_own("my_data:load_shapes", split="test")
        ```
    """
    function = imported(path)
    if not callable(function):
        raise UserError(f"{path} must be a function. Received: {type(function).__name__}.")
    try:
        takes_split = "split" in inspect.signature(function).parameters
        result = function(split=split) if takes_split else function()
    except UserError:
        raise
    except (Exception, SystemExit) as error:
        raise UserError(
            f"{path} raised {type(error).__name__}: {error}. Call it in Python to see where."
        ) from error
    if isinstance(result, Dataset):
        return result if takes_split or result.streamed else part_of(result, split)
    images, labels = result if isinstance(result, tuple) and len(result) == 2 else (result, None)
    if not hasattr(images, "shape"):
        raise UserError(
            f"{path} must return a Dataset, (images, labels) or images as an array. Received: "
            f"{type(result).__name__}."
        )
    name = path.partition(":")[2]
    labels = no_and_yes(labels, name)
    dataset = Dataset(name, images, labels, split=split if takes_split else "all", flips=flips)
    return dataset if takes_split else part_of(dataset, split)
