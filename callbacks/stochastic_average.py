"""A plain mean of the weights of the last epochs, with its own batch-norm statistics."""

import numpy as np

from callbacks.batch_statistics import batch_norm_variables, recompute
from callbacks.swapping import WeightAverage, numpy_values


class StochasticWeightAveraging(WeightAverage):
    """Averages the weights at the ends of the epochs from `start_epoch` on, all with equal weight.

    Use it for classifiers with a constant or cyclic learning rate in the last quarter of training:
    the mean lies in a flatter region and often generalises better. It costs one copy of the
    weights to the host an epoch, in float64.

    Formula, for the k-th epoch averaged: ``mean = mean + (weight - mean) / k``.

    Batch normalisation needs care, since its statistics belong to the raw weights:
    ``"recompute"`` runs over `batch_norm_data` in training mode with the averaged weights when
    they are first asked for, and takes the plain mean over the batches; ``"average"`` averages
    the statistics with the weights; ``"copy"`` takes those of the raw model.

    `fit` leaves the raw weights in the model: see `swapped`. A second `fit` with the same object
    goes on with the mean.

    Args:
        start_epoch: int >= 0, counted from 0 as in `fit`: the first epoch that is averaged.
        batch_norm_data: batches to recompute from: an iterable that can be run through again, a
            PyDataset, or a function that returns one. A tuple counts by its first element.
        batch_norm: "recompute", "average" or "copy".
        forward: function (model, batch) that runs the model in training mode; by default
            ``model(inputs, training=True)``.
        swap_at_end: bool; True leaves the averaged weights in the model after `fit`.

    Raises:
        ValueError: an unknown `batch_norm`, or no data to recompute from.

    Example:
        >>> average = StochasticWeightAveraging(start_epoch=15, batch_norm_data=batches)
        >>> model.fit(batches, epochs=20, callbacks=[average])
        >>> with average.swapped(model):
        ...     model.save_weights("swa.weights.h5")

    References:
        Izmailov et al., 2018, arXiv:1803.05407v3, algorithm 1.
    """

    def __init__(
        self,
        start_epoch,
        batch_norm_data=None,
        batch_norm="recompute",
        forward=None,
        swap_at_end=False,
    ):
        super().__init__()
        if batch_norm not in ("recompute", "average", "copy"):
            raise ValueError(
                '`batch_norm` must be "recompute", "average" or "copy". '
                f"Received: batch_norm={batch_norm!r}"
            )
        if start_epoch < 0:
            raise ValueError(f"`start_epoch` must be 0 or more. Received: {start_epoch}")
        self.start_epoch, self.batch_norm = int(start_epoch), batch_norm
        self.batch_norm_data, self.forward, self.swap_at_end = batch_norm_data, forward, swap_at_end
        self.epochs_averaged = 0
        self._means, self._statistics = None, None

    @property
    def ready(self):
        """Whether an epoch has been averaged."""
        return self.epochs_averaged > 0

    def on_train_begin(self, logs=None):
        """Checks that the statistics can be recomputed, before hours of training."""
        recomputes = self.batch_norm == "recompute" and self.batch_norm_data is None
        if recomputes and batch_norm_variables(self._model):
            raise ValueError(
                "The model has batch normalisation and `batch_norm_data` is missing: give "
                'batches to recompute its statistics from, or batch_norm="average" or "copy".'
            )

    def on_epoch_end(self, epoch, logs=None):
        """Takes this epoch's weights into the mean; an epoch with a NaN loss is left out."""
        if epoch < self.start_epoch or not np.isfinite((logs or {}).get("loss", 0.0)):
            return
        values = numpy_values(self._averaged(self.model))
        if self._means is None:
            self._means = [np.zeros(value.shape, "float64") for value in values]
        self.epochs_averaged += 1
        for mean, value in zip(self._means, values, strict=True):
            mean += (value.astype("float64") - mean) / self.epochs_averaged
        self._statistics = None

    def on_train_end(self, logs=None):
        """Leaves the mean in the model if that was asked for."""
        if self.swap_at_end and self.epochs_averaged:
            self.keep()

    def averages(self, model):
        """Pairs (variable, mean), with recomputed statistics of batch normalisation."""
        if not self.epochs_averaged:
            raise ValueError(
                f"There is no average before the end of epoch {self.start_epoch} "
                "(`start_epoch`, counted from 0)."
            )
        means = list(zip(self._averaged(model), self._means, strict=True))
        if self.batch_norm != "recompute" or not batch_norm_variables(model):
            return means
        if self._statistics is None:
            self._statistics = recompute(model, means, self.batch_norm_data, self.forward)
        return means + list(zip(batch_norm_variables(model), self._statistics, strict=True))

    def state(self):
        """What a checkpoint needs to go on with the mean."""
        means = {f"mean_{i:05d}": mean for i, mean in enumerate(self._means or [])}
        return {"epochs_averaged": self.epochs_averaged, **means}

    def restore(self, state):
        """Takes up the mean of a checkpoint."""
        self.epochs_averaged = int(state["epochs_averaged"])
        names = sorted(name for name in state if name.startswith("mean_"))
        self._means = [np.array(state[name], "float64") for name in names] or None
        self._statistics = None

    def _averaged(self, model):
        extra = batch_norm_variables(model) if self.batch_norm == "average" else []
        return [*model.trainable_variables, *extra]
