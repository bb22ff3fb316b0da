"""Lets no Ctrl-C get lost while a model trains."""

import signal
import threading

import keras

STOPS = (signal.SIGINT, signal.SIGTERM)


class InterruptGuard(keras.callbacks.Callback):
    """Ends a `fit` at the next batch when a Ctrl-C has been swallowed on its way.

    Use it in any long run. Python raises `KeyboardInterrupt` wherever the program happens to be,
    and Keras (3.15.1, `pythonify_logs`) drops every exception while it turns the loss into a
    number: on JAX, where a step is waited for just there, 6 of 11 Ctrl-C did nothing. Here the
    first one raises as ever and is remembered; where it did not arrive, it is raised again, in the
    main thread, before the next batch. A second Ctrl-C is Python's own.

    SIGTERM, by which schedulers stop a job, is the same where the program gave it Python's handler
    of Ctrl-C: `signal.signal(signal.SIGTERM, signal.default_int_handler)`. Where the program has a
    handler of its own for a signal, or `fit` runs outside the main thread, nothing is done.

    Raises:
        KeyboardInterrupt: from `fit`, after Ctrl-C.

    Example:
        ```python
        model.fit(batches, epochs=40, callbacks=[InterruptGuard()])
        ```
    """

    def __init__(self):
        super().__init__()
        self.interrupted = False

    def on_train_begin(self, logs=None):
        """Listens to Ctrl-C from here on."""
        self.interrupted = False
        if threading.current_thread() is threading.main_thread():
            self._exchange(signal.default_int_handler, self._note)

    def on_train_batch_begin(self, batch, logs=None):
        """Raises what was lost; the beginning of a batch is always in the thread of `fit`."""
        if self.interrupted:
            raise KeyboardInterrupt

    on_test_batch_begin = on_train_batch_begin

    def on_train_end(self, logs=None):
        """Listens no longer."""
        self._exchange(self._note, signal.default_int_handler)
        self.on_train_batch_begin(None)

    def _note(self, number, frame):
        """Remembers the Ctrl-C and raises it, as Python does."""
        self.interrupted = True
        self._exchange(self._note, signal.default_int_handler)
        raise KeyboardInterrupt

    def _exchange(self, old, new):
        """Puts a handler in the place of another."""
        for number in STOPS:
            if signal.getsignal(number) == old:
                signal.signal(number, new)
