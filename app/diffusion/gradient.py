"""Gradients with respect to images: what `keras.ops` has no name for, on either backend."""

import keras
from keras import ops


def gradient(function, images, auxiliary=False):
    """Returns the gradient of one number an image with respect to that image.

    Use it for guidance: inside a sampler's compiled loop, in a SavedModel, or eagerly. Weights that
    `function` reads are constants to it.

    Formula: `d sum_i function(images)_i / d images`. If the number of image i hangs on image i
    alone, as it does without batch statistics, row i is the gradient of number i.

    Args:
        function: images to float (batch,); with `auxiliary` to a pair of that and any tensors.
        images: float (batch, ...).
        auxiliary: bool; whether `function` returns a pair, whose second part is handed through, so
            that what was computed on the way need not be computed again.

    Returns:
        The gradient, shaped as `images`, zeros where nothing hangs on them; with `auxiliary` the
        pair (gradient, second part).

    Raises:
        ValueError: the backend is neither TensorFlow nor JAX.

    Example:
        ```python
        gradient(lambda x: ops.sum(x**2, axis=(1, 2, 3)), images)  # 2 * images
        ```
    """
    images = ops.convert_to_tensor(images)
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(images)
            found = function(images)
            values = found[0] if auxiliary else found
        slope = tape.gradient(values, images, unconnected_gradients=tf.UnconnectedGradients.ZERO)
        return (slope, found[1]) if auxiliary else slope
    if backend == "jax":
        import jax

        def total(images):
            found = function(images)
            if auxiliary:
                return ops.sum(found[0]), found[1]
            return ops.sum(found)

        return jax.grad(total, has_aux=auxiliary)(images)
    raise ValueError(f"Noisewise runs on TensorFlow or JAX. Received: KERAS_BACKEND={backend!r}.")
