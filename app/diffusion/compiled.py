"""Compiles a function of a model's variables on either backend.

The one place where sampling meets a backend's compiler. The variables are read anew on each call:
on JAX, arrays kept from before a `fit` may have been donated and deleted.
"""

import keras


def compiled(function, variables, xla=None):
    """A compiled form of `function`, whose variables stay free to change between calls.

    Args:
        function: tensors in, tensors out; uses keras.ops and reads `variables`.
        variables: list of keras variables that the function reads.
        xla: whether TensorFlow compiles with XLA. None: only where a GPU is present (on a CPU,
            XLA's convolutions were measured two to four times slower than TensorFlow's own).
            JAX always uses XLA.

    Returns:
        A function with the same arguments.

    Example:
        ```python
        forward = compiled(lambda x: layer(x), layer.variables)
        forward(keras.ops.ones((2, 3)))
        ```
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        if xla is None:
            xla = bool(tf.config.list_physical_devices("GPU"))
        return tf.function(function, jit_compile=xla, reduce_retracing=True)
    if backend == "jax":
        import jax

        @jax.jit
        def pure(values, *arguments):
            with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                return function(*arguments)

        return lambda *arguments: pure([variable.value for variable in variables], *arguments)
    raise ValueError(f"Noisewise runs on TensorFlow or JAX. Received: KERAS_BACKEND={backend!r}.")
