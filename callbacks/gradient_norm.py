"""The norm of the gradients of each epoch: what a loss really asks of the weights."""

import keras
from keras import ops

from callbacks.optimizer_access import core_optimizer


def recording_norm(optimizer):
    """Makes an optimizer add up the global norm of every gradient it is given, before clipping.

    Use it on a new optimizer, together with `GradientNorm` among the callbacks. The sum is a
    variable of the optimizer, so that checkpoints hold it. It costs one pass over the gradients.
    Of gradients that are accumulated each batch's counts, before the mean. Under mixed_float16 it
    is those after division by the loss scale; steps that overflowed, which move no weight, do not
    count.

    Args:
        optimizer: keras Optimizer that is not built yet.

    Returns:
        The same optimizer.

    Raises:
        ValueError: it is built already.

    Example:
        ```python
        model.compile(recording_norm(keras.optimizers.Adam(1e-3)), loss)
        history = model.fit(images, labels, callbacks=[GradientNorm()])
        history.history["gradient_norm"]
        ```
    """
    if optimizer.built:
        raise ValueError("Norms are recorded from the first step on. Pass a new optimizer.")
    total = optimizer.add_variable(shape=(), name="gradient_norm")
    apply = optimizer.apply

    def recorded(grads, trainable_variables=None):
        known = [grad for grad in grads if grad is not None]
        squares = [ops.sum(ops.square(ops.cast(grad, "float32"))) for grad in known]
        total.assign_add(ops.sqrt(sum(squares)))
        return apply(grads, trainable_variables)

    optimizer.apply, optimizer.gradient_norm = recorded, total
    return optimizer


class GradientNorm(keras.callbacks.Callback):
    """Puts the mean gradient norm of an epoch's steps into `logs` as "gradient_norm".

    Use it with an optimizer of `recording_norm`, before loggers. An epoch whose every step
    overflowed has none.
    """

    def on_epoch_begin(self, epoch, logs=None):
        """Remembers where sum and steps stand."""
        self._before = self._standing()

    def on_epoch_end(self, epoch, logs=None):
        """Divides what the epoch added by its steps."""
        total, steps = (
            now - then for now, then in zip(self._standing(), self._before, strict=True)
        )
        if logs is not None and steps:
            logs["gradient_norm"] = total / steps

    def _standing(self):
        # The count is that of calls: `iterations` leaves out those that only accumulate.
        optimizer = core_optimizer(self.model)
        return float(optimizer.gradient_norm.numpy()), int(optimizer._iterations.numpy())
