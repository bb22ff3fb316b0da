"""Batches as `fit` takes them fastest on each backend."""

import keras


def feed(batches):
    """What to give `fit` on this backend, with `FollowEpoch(batches)` among the callbacks.

    On TensorFlow this is a tf.data.Dataset of one epoch without autotuning. Keras would make one
    with it, and at the end of an epoch wait for tf.data's tuning thread to wake up: up to 20
    seconds were seen on two busy cores, with TensorFlow 2.21. Elsewhere it is the batches as given.

    Args:
        batches: Batches.

    Example:
        ```python
        model.fit(feed(batches), epochs=3, shuffle=False, callbacks=[FollowEpoch(batches)])
        ```
    """
    if keras.backend.backend() != "tensorflow":
        return batches
    import tensorflow as tf

    def generate():
        return (batches[index] for index in range(len(batches)))

    options = tf.data.Options()
    options.autotune.enabled = False
    data = tf.data.Dataset.from_generator(generate, output_signature=_signature(batches))
    data = data.apply(tf.data.experimental.assert_cardinality(len(batches)))
    return data.prefetch(2).with_options(options)


def _signature(batches):
    """Shapes and types of a batch, as tf.data wants to know them."""
    import tensorflow as tf

    specs = tuple(tf.TensorSpec(shape, kind) for shape, kind in batches.signature)
    return specs if len(specs) > 1 else specs[0]
