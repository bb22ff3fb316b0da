"""The ways a function runs on the present backend: eagerly and compiled."""

import keras

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

    MODES = {
        "eager": lambda function: function,
        "graph": tf.function,
        "xla": lambda function: tf.function(function, jit_compile=True),
    }
    compiled = tf.function
else:
    import jax

    MODES = {"eager": lambda function: function, "jit": jax.jit}
    compiled = jax.jit
