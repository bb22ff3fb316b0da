"""Data sets by name, path or import path, and batches that repeat exactly.

`load` gives a Dataset, `split` cuts off a validation part, `describe` lists what there is.
`Batches` lives in `app.data.pipeline`, apart, because importing it imports keras.
"""

from app.data.dataset import Dataset
from app.data.sources import describe, load
from app.data.split import split

__all__ = ["Dataset", "describe", "load", "split"]
