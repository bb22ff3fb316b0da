"""What averages share that are updated inside the compiled step: shadow variables, their upkeep."""

from keras import ops

from callbacks.optimizer_access import build_optimizer, core_optimizer, listen, strategy_scope
from callbacks.swapping import WeightAverage, numpy_values


class StepwiseAverage(WeightAverage):
    """An average of the trainable weights, one update after each change of them, in the step.

    Subclasses say by `rate(updates)` which share the new weights get. The average starts at the
    weights it finds. It is held in float32 as variables of the optimizer while `fit` runs, so a
    checkpoint of `optimizer.variables` holds it; after `fit` the optimizer is as it was. A second
    `fit` with the same object goes on with the average. Steps that loss scaling skips do not count.

    Formula, after each change of the weights, n = 0, 1, ... changes so far::

        average = average + rate(n) * (weight - average)

    Args:
        swap_at_end: bool; True leaves the averaged weights in the model after `fit`.
    """

    def __init__(self, swap_at_end=False):
        super().__init__()
        self.swap_at_end = bool(swap_at_end)
        self._variables = self._shadows = self._updates = None
        self._optimizer = self._stops = None
        self._late = False

    def rate(self, updates):
        """The share in [0, 1] of the weights in update number `updates` + 1, a float32 tensor."""
        raise NotImplementedError

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
        rate, changed = self.rate(ops.cast(self._updates, "float32")), 1
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
