"""What all weight averages share: putting averaged weights into a model and taking them out."""

import contextlib

import keras
import numpy as np
from keras import ops


def numpy_values(variables):
    """Copies of the variables' values on the host."""
    return [np.array(ops.convert_to_numpy(variable)) for variable in variables]


def assign_values(variables, values):
    """Puts host values into variables, in order."""
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)


def state_variables(model):
    """All variables of a model but its metrics: weights, statistics, counters, seed states."""
    metrics = {id(variable) for variable in model.metrics_variables}
    return [variable for variable in model.variables if id(variable) not in metrics]


class WeightAverage(keras.callbacks.Callback):
    """A callback that holds averaged weights; subclasses say which and how they were averaged.

    Subclasses implement `averages(model)`: pairs (variable, averaged value as a NumPy array).
    """

    @property
    def ready(self):
        """Whether there is an average yet."""
        raise NotImplementedError

    def averages(self, model):
        """Pairs (variable of the model, its averaged value)."""
        raise NotImplementedError

    @contextlib.contextmanager
    def swapped(self, model=None):
        """Puts the averaged weights into the model for the length of a `with` block.

        Use it around evaluation, sampling or saving. The raw weights come back bit for bit, also
        after an exception.

        Args:
            model: the model that was trained with this callback; None takes it from `fit`.

        Yields:
            The model, holding the averaged weights.

        Raises:
            ValueError: there is no average yet, or the model is another one.

        Example:
            >>> with average.swapped(model):
            ...     model.evaluate(images, labels)
        """
        model = self._checked(model)
        state = state_variables(model)
        before = numpy_values(state)
        pairs = self.averages(model)
        raw = {id(variable): value for variable, value in zip(state, before, strict=True)}
        changed = [variable for variable, _ in pairs]
        try:
            assign_values(changed, [value for _, value in pairs])
            yield model
        except BaseException:
            # A failure inside predict may leave JAX variables empty: put all of them back.
            assign_values(state, before)
            raise
        assign_values(changed, [raw[id(variable)] for variable in changed])

    def weights(self):
        """The averaged weights as NumPy arrays in the order of `model.weights`.

        Weights that are not averaged have their present value, so that
        `other.set_weights(average.weights())` gives the model that `swapped` shows.
        """
        with self.swapped() as model:
            return numpy_values(model.weights)

    def keep(self, model=None):
        """Puts the averaged weights into the model for good; the raw weights are gone."""
        model = self._checked(model)
        for variable, value in self.averages(model):
            variable.assign(value)

    def _checked(self, model):
        own = self.model  # the property also brings JAX's state back into the variables
        if own is None:
            raise ValueError(
                f"{type(self).__name__} has no average yet: give it to model.fit in `callbacks`."
            )
        if model is not None and model is not own:
            raise ValueError(
                f"{type(self).__name__} holds the average of model {own.name!r}. Received "
                f"another model, {model.name!r}: use other.set_weights(average.weights())."
            )
        return own
