"""What an image is conditioned on: nothing, a class, or a vector of attributes.

Each kind knows its own null, the value that stands for "no condition". Training drops conditions
at random, so that one network learns both distributions that classifier-free guidance needs.
"""

import keras
import numpy as np
from keras import ops, random

from app.diffusion.configured import Configured
from app.errors import UserError


@keras.saving.register_keras_serializable("diffusion")
class NoCondition(Configured):
    """Unconditional images: every condition is None.

    Example:
        ```python
        NoCondition().null(8)  # None
        ```
    """

    def null(self, batch):
        """Returns None."""
        return None

    def drop(self, condition, rate, seed_generator):
        """Returns None: there is nothing to drop."""
        return None

    def check(self, values):
        """Returns None, and refuses anything else."""
        if values is not None:
            raise UserError(
                "This model is unconditional: it takes no labels or attributes. Leave them out, "
                "or use a run that was trained with a condition."
            )
        return None


@keras.saving.register_keras_serializable("diffusion")
class ClassCondition(Configured):
    """A class label, int (batch,) in 0..classes-1; the null is the extra row `classes`.

    Args:
        classes: int >= 1, number of classes.

    Example:
        ```python
        ClassCondition(10).null(2)  # [10, 10]
        ```

    Source: Ho & Salimans 2022, arXiv:2207.12598v1, section 3.2 (joint training with a null).
    """

    def __init__(self, classes):
        if classes < 1:
            raise ValueError(f"`classes` must be at least 1. Received: {classes}")
        self.classes = classes

    def null(self, batch):
        """Returns `batch` null labels, int32 (batch,)."""
        return ops.full((batch,), self.classes, dtype="int32")

    def drop(self, condition, rate, seed_generator):
        """Returns the labels, each replaced by the null with probability `rate` in [0, 1]."""
        condition = ops.cast(condition, "int32")
        dropped = random.uniform(ops.shape(condition), seed=seed_generator) < rate
        return ops.where(dropped, self.classes, condition)

    def check(self, values):
        """Returns the labels as int32 (batch,), `classes` being the null; refuses others."""
        values = np.asarray(values)
        whole = values.ndim == 1 and values.dtype.kind in "iu"
        if not whole or np.any((values < 0) | (values > self.classes)):
            raise UserError(
                f"Labels must be a list of integers from 0 to {self.classes - 1} "
                f"({self.classes} stands for no class). Received: {values.tolist()!s:.200}."
            )
        return values.astype("int32")

    def get_config(self):
        """Returns the number of classes."""
        return {"classes": self.classes}


@keras.saving.register_keras_serializable("diffusion")
class AttributeCondition(Configured):
    """A vector of attributes, float (batch, attributes), +1 present, -1 absent; null all zero.

    Args:
        names: texts, at least one; names of the attributes, the entries of the vector.

    Example:
        ```python
        condition = AttributeCondition(["Bald", "Male"])
        condition.null(2)  # zeros (2, 2)
        condition.vectors(["Bald,Male", "Male"])  # [[1, 1], [-1, 1]]
        ```
    """

    def __init__(self, names):
        self.names = tuple(str(name) for name in names)
        if not self.names or len(set(self.names)) < len(self.names) or "," in "".join(self.names):
            raise ValueError(
                "`names` must name attributes, each once and without commas. "
                f"Received: {self.names}"
            )
        self.attributes = len(self.names)

    def vectors(self, combinations):
        """Returns a vector for each combination of attributes, float32 (combinations, attributes).

        Args:
            combinations: texts; names with commas between them are present, all others absent;
                "none": all absent; "any": nothing said, the null.

        Raises:
            UserError: a name that is none of the attributes.
        """
        rows = np.full((len(combinations), self.attributes), -1.0, "float32")
        for row, combination in zip(rows, combinations, strict=True):
            for name in combination.split(","):
                name = name.strip()
                if name in self.names:
                    row[self.names.index(name)] = 1.0
                elif combination == "any":
                    row[:] = 0.0
                elif combination != "none":
                    raise UserError(
                        f"This run knows no attribute {name!r}. Known: {', '.join(self.names)}; "
                        "none for none of them, any to say nothing."
                    )
        return rows

    def null(self, batch):
        """Returns `batch` null vectors, float32 (batch, attributes)."""
        return ops.zeros((batch, self.attributes), dtype="float32")

    def drop(self, condition, rate, seed_generator):
        """Returns the vectors, each as a whole set to zero with probability `rate` in [0, 1]."""
        condition = ops.cast(condition, "float32")
        dropped = random.uniform((ops.shape(condition)[0], 1), seed=seed_generator) < rate
        return ops.where(dropped, 0.0, condition)

    def check(self, values):
        """Returns the vectors as float32 (batch, attributes), entries in [-1, 1]; refuses others.

        Entries between the ends are allowed, so that one can go from absent to present.
        """
        values = np.asarray(values)
        right = (
            values.ndim == 2 and values.shape[1] == self.attributes and values.dtype.kind in "iuf"
        )
        if not right or not np.all(np.abs(values.astype("float32")) <= 1.0):
            raise UserError(
                f"Attributes must be vectors of {self.attributes} numbers in [-1, 1] "
                f"(+1 present, -1 absent, all 0 for no condition). Received: shape {values.shape}."
            )
        return values.astype("float32")

    def get_config(self):
        """Returns the names."""
        return {"names": list(self.names)}
