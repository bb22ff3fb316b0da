"""An exponential moving average of the weights, updated inside the compiled step."""

from keras import ops

from callbacks.optimizer_access import build_optimizer, core_optimizer, listen, strategy_scope
from callbacks.swapping import WeightAverage, numpy_values


class ExponentialMovingAverage(WeightAverage):
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
        super().__init__()
        if not 0 <= decay < 1:
            raise ValueError(f"`decay` must be in [0, 1). Received: decay={decay}")
        self.decay, self.warmup, self.swap_at_end = float(decay), bool(warmup), bool(swap_at_end)
        self._variables = self._shadows = self._updates = None
        self._optimizer = self._stops = None
        self._late = False

    @property
    def ready(self):
        """Whether the average is there: from the start of `fit`."""
        return bool(self._shadows)

    @property
    def updates(self):
        """How many changes of the weights are in the average."""
        return 0 if self.model is None or self._updates is None else int(self._updates.numpy())

    def set_model(self, model):
        """Attaches the average to the model's optimizer before the step is compiled."""
        super().set_model(model)
        optimizer = core_optimizer(model)
        if self._stops and self._optimizer is optimizer:
            return
        self._detach()
        self._optimizer = optimizer
        if build_optimizer(model):
            self._make(numpy_values(optimizer._trainable_variables))
            self._stops = [listen(optimizer, "apply", before=self._begin, after=self._update)]
        else:  # TensorFlow builds a model without input shape in its first step
            self._stops = [
                listen(model.optimizer, "build", after=self._make),
                listen(optimizer, "apply", before=self._begin, after=self._update),
            ]
        model.train_function = None

    def on_train_end(self, logs=None):
        """Takes the average off the optimizer; it stays in this object."""
        if self.swap_at_end:
            self.keep()
        self._detach()

    def averages(self, model):
        """Pairs (trainable variable, averaged value)."""
        if not self._shadows:
            raise ValueError("There is no average before the first step: call model.fit first.")
        return list(zip(self._variables, numpy_values(self._shadows), strict=True))

    def _make(self, values=None):
        """Makes the averages, or takes up those of an earlier fit over the same weights."""
        optimizer = self._optimizer
        variables = [v for v in optimizer._trainable_variables if "float" in str(v.dtype)]
        if self._shadows and [id(v) for v in variables] == [id(v) for v in self._variables]:
            for variable in [*self._shadows, self._updates]:
                optimizer._track_variable(variable)
            return
        self._variables, self._late = variables, values is None
        options = {"initializer": "zeros", "aggregation": "only_first_replica"}
        with strategy_scope(self._model):
            self._shadows = [
                optimizer.add_variable(
                    shape=variable.shape,
                    dtype="float64" if variable.dtype == "float64" else "float32",
                    layout=getattr(variable, "_layout", None),
                    name=f"{variable.path.replace('/', '_')}_exponential_average",
                    **options,
                )
                for variable in variables
            ]
            self._updates = optimizer.add_variable((), dtype="int32", name="updates", **options)
        if values is not None:
            known = dict(zip(map(id, optimizer._trainable_variables), values, strict=True))
            for variable, shadow in zip(variables, self._shadows, strict=True):
                shadow.assign(known[id(variable)])
        self._begin()

    def _begin(self):
        """In the step, before it: averages made too late for the host start at the weights."""
        if self._late and self._shadows:
            fresh = ops.equal(self._updates, 0)
            for variable, shadow in zip(self._variables, self._shadows, strict=True):
                shadow.assign(ops.where(fresh, ops.cast(variable, shadow.dtype), shadow))

    def _update(self):
        """In the step, after the optimizer's update."""
        rate = 1.0 - self.decay
        if self.warmup:  # 1 - (1 + n) / (10 + n) = 9 / (10 + n)
            rate = ops.maximum(rate, 9.0 / (10.0 + ops.cast(self._updates, "float32")))
        changed = 1
        steps = self._optimizer.gradient_accumulation_steps
        if steps:
            changed = ops.cast(ops.equal(self._optimizer._iterations % steps, 0), "int32")
            rate = ops.cast(changed, "float32") * rate
        for variable, shadow in zip(self._variables, self._shadows, strict=True):
            distance = ops.cast(variable, shadow.dtype) - shadow
            shadow.assign(shadow + ops.cast(rate, shadow.dtype) * distance)
        self._updates.assign(self._updates + changed)

    def _detach(self):
        """Leaves the optimizer as it was found."""
        for stop in self._stops or []:
            stop()
        if self._stops and self._shadows:
            for variable in [*self._shadows, self._updates]:
                self._optimizer._untrack_variable(variable)
            self._model.train_function = None
        self._stops = None
