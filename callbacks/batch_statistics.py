"""Recomputes the statistics of batch normalisation for weights that were never trained."""

import keras
import numpy as np

from callbacks.swapping import assign_values, numpy_values, state_variables


def _batch_norm_layers(model):
    """Batch normalisation layers whose statistics training moves."""
    return [
        layer
        for layer in model._flatten_layers()
        if isinstance(layer, keras.layers.BatchNormalization) and layer.trainable
    ]


def batch_norm_variables(model):
    """The moving statistics of all batch normalisation layers that are not frozen."""
    return [v for layer in _batch_norm_layers(model) for v in layer.non_trainable_variables]


def _batches(data):
    """Batches of an iterable, a PyDataset or a function that returns one."""
    data = data() if callable(data) and not isinstance(data, keras.utils.PyDataset) else data
    if isinstance(data, np.ndarray):
        raise ValueError(
            "`batch_norm_data` must be batches. Received one array of shape "
            f"{data.shape}: give a list of batches, for example np.array_split(images, 10)."
        )
    if isinstance(data, keras.utils.PyDataset):
        return (data[index] for index in range(len(data)))
    return iter(data)


def _run(model, batch):
    inputs = batch[0] if isinstance(batch, tuple | list) else batch
    model(keras.tree.map_structure(keras.ops.convert_to_tensor, inputs), training=True)


def recompute(model, pairs, data, forward=None):
    """The mean statistics over the batches, with other weights put in for the time.

    Each batch normalisation layer gets ``moving = (k * moving + batch) / (k + 1)`` for batch
    k = 0, 1, ...: the plain mean over batches. Everything else is left as it was: weights, seeds,
    counters, the layers' momentum.

    Args:
        model: keras.Model with batch normalisation.
        pairs: (variable, value) to compute the statistics for.
        data: batches, see StochasticWeightAveraging.
        forward: function (model, batch), or None for ``model(inputs, training=True)``.

    Returns:
        A list of arrays in the order of `batch_norm_variables(model)`.

    Raises:
        ValueError: there was no batch.

    References:
        Izmailov et al., 2018, arXiv:1803.05407v3, section 3.2; torch.optim.swa_utils.update_bn.
    """
    layers, state = _batch_norm_layers(model), state_variables(model)
    before, momenta = numpy_values(state), [layer.momentum for layer in layers]
    count = 0
    try:
        for variable, value in pairs:
            variable.assign(value)
        for count, batch in enumerate(_batches(data), start=1):
            for layer in layers:
                layer.momentum = (count - 1) / count
            (forward or _run)(model, batch)
        if not count:
            raise ValueError(
                "`batch_norm_data` gave no batch. Give a list, or a function that returns a new "
                "iterator at each call: a used-up generator gives nothing."
            )
        return numpy_values(batch_norm_variables(model))
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
        assign_values(state, before)
