"""An exponential moving average of the weights, updated inside the compiled step."""

from keras import ops

from callbacks.stepwise_average import StepwiseAverage


class ExponentialMovingAverage(StepwiseAverage):
    """Keeps an exponential moving average of the trainable weights, inside the compiled step.

    Use it for every diffusion model: samples of the averaged weights are far better than those
    of the last step. It costs one more copy of the weights and no work on the host, and works
    with any optimizer, gradient accumulation, loss scaling and several steps per execution.

    Formula, after each change of the weights, n = 0, 1, ... changes so far::

        decay_n = min(decay, (1 + n) / (10 + n))      # with warmup, else decay
        average = decay_n * average + (1 - decay_n) * weight

    The average starts at the weights it finds. It is held in float32 as variables of the
    optimizer while `fit` runs, so a checkpoint of `optimizer.variables` holds it; after `fit` the
    optimizer is as it was. A second `fit` with the same object goes on with the average. Steps
    that loss scaling skips do not count. Statistics of batch normalisation, averages themselves,
    are those of the raw model. `fit` leaves the raw weights in the model: see `swapped`.

    Args:
        decay: float in [0, 1), per step. 0.999 averages about the last 1000 steps.
        warmup: bool; smaller decays at the start, so that the first weights are soon forgotten.
        swap_at_end: bool; True leaves the averaged weights in the model after `fit`.

    Raises:
        ValueError: `decay` outside [0, 1), or a model that is not compiled.

    Example:
        >>> average = ExponentialMovingAverage(decay=0.99)
        >>> model.fit(images, labels, callbacks=[average])
        >>> with average.swapped(model):
        ...     model.evaluate(images, labels)

    References:
        Polyak and Juditsky, 1992. Ho et al., 2020, arXiv:2006.11239v2, section 4 (decay 0.9999).
        The warm-up is that of tf.train.ExponentialMovingAverage(num_updates=n).
    """

    def __init__(self, decay=0.999, warmup=True, swap_at_end=False):
        super().__init__(swap_at_end)
        if not 0 <= decay < 1:
            raise ValueError(f"`decay` must be in [0, 1). Received: decay={decay}")
        self.decay, self.warmup = float(decay), bool(warmup)

    def rate(self, updates):
        """The share of the new weights: 1 - decay, more at the start."""
        rate = 1.0 - self.decay
        if self.warmup:  # 1 - (1 + n) / (10 + n) = 9 / (10 + n)
            rate = ops.maximum(rate, 9.0 / (10.0 + updates))
        return rate
