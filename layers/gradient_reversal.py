"""The identity whose gradient points the other way."""

import keras
from keras import ops


@ops.custom_gradient
def reverse(inputs, strength):
    """`inputs` unchanged; the gradient with respect to them is -strength times the upstream one."""

    def gradient(*arguments, upstream=None):
        if upstream is None:
            (upstream,) = arguments
        return -ops.cast(strength, upstream.dtype) * upstream, ops.zeros_like(strength)

    return inputs, gradient


@keras.saving.register_keras_serializable("layers")
class GradReverse(keras.layers.Layer):
    """Passes its input on unchanged and multiplies the gradient by minus a strength.

    Use it between a feature extractor and a domain classifier: the classifier learns to tell the
    domains apart while the extractor, whose gradient is reversed, learns to make them alike.

    output = input, bit for bit; d loss / d input = -lambda * d loss / d output, exactly.
    lambda = strength, or with `ramp_steps` (the schedule of DANN) after n training steps
    lambda = strength * (2 / (1 + exp(-10 p)) - 1), p = min(n / ramp_steps, 1): 0 in the first step,
    0.46 strength after a tenth, 0.9999 strength at the end.

    The counter of steps is a weight: it is saved with the model, moves only in calls with
    `training=True` and counts right on both backends and under any `steps_per_execution`.

    Args:
        strength: float >= 0; factor of the reversed gradient, no unit. 0 stops the gradient.
        ramp_steps: int >= 1 or None; number of training steps of the ramp. None: no ramp.

    Call arguments:
        inputs: float, any shape.
        training: bool; True moves the counter by one step.

    Output shape: that of the input.

    Raises:
        ValueError: if `strength` is negative or `ramp_steps` below 1.

    Example:
        ```python
        domain = keras.layers.Dense(2)(GradReverse(ramp_steps=1000)(features))
        ```

    References:
        Ganin et al. 2016, arXiv:1505.07818v4, equations 18 and 19 (the layer), section 5.2.2 (the
        ramp). Their code passes the gradient multiplied by -lambda, as here.
    """

    def __init__(self, strength=1.0, ramp_steps=None, **kwargs):
        super().__init__(**kwargs)
        if strength < 0:
            raise ValueError(
                f"`strength` must be 0 or above, the layer itself reverses the sign. "
                f"Received: strength={strength}"
            )
        if ramp_steps is not None and ramp_steps < 1:
            raise ValueError(
                f"`ramp_steps` must be at least 1, or None for no ramp. "
                f"Received: ramp_steps={ramp_steps}"
            )
        self.strength = strength
        self.ramp_steps = ramp_steps
        if ramp_steps is not None:
            self.steps = self.add_weight(
                name="steps", shape=(), dtype="int32", initializer="zeros", trainable=False
            )

    def build(self, inputs_shape):
        """Creates nothing: the counter does not depend on the shape of the input."""

    def current_strength(self):
        """The factor that the next training step will use, a float32 scalar."""
        strength = ops.convert_to_tensor(self.strength, "float32")
        if self.ramp_steps is None:
            return strength
        progress = ops.minimum(ops.cast(self.steps, "float32") / self.ramp_steps, 1.0)
        return strength * (2.0 / (1.0 + ops.exp(-10.0 * progress)) - 1.0)

    def call(self, inputs, training=False):
        """Applies the layer; arguments and shapes are described at the class."""
        outputs = reverse(inputs, self.current_strength())
        if training and self.ramp_steps is not None:
            self.steps.assign_add(1)
        return outputs

    def compute_output_shape(self, inputs_shape):
        """The shape of what `call` returns."""
        return inputs_shape

    def get_config(self):
        """The arguments that make the same layer again."""
        return {
            **super().get_config(),
            "strength": self.strength,
            "ramp_steps": self.ramp_steps,
        }
