import signal
import threading

import keras
import pytest

from callbacks import InterruptGuard
from callbacks.interrupt_guard import STOPS
from tests.callbacks.models import CLEAN, SUMS, linear


class Swallowed(keras.callbacks.Callback):
    """A signal in the third batch of training or validation, lost; counts the batches after."""

    def __init__(self, moment, number=signal.SIGINT):
        super().__init__()
        self.number, self.after = number, -1
        setattr(self, moment, self.interrupt)

    def interrupt(self, batch=None, logs=None):
        if self.after >= 0:
            self.after += 1
        elif batch in (2, None):
            self.after = 0
            try:
                signal.raise_signal(self.number)
            except KeyboardInterrupt:
                return
            pytest.fail("no KeyboardInterrupt where the signal arrived")


@pytest.fixture(autouse=True)
def python_handler():
    before = {number: signal.signal(number, signal.default_int_handler) for number in STOPS}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def fit(*callbacks):
    linear().fit(
        CLEAN,
        SUMS,
        batch_size=4,
        epochs=3,
        verbose=0,
        validation_data=(CLEAN, SUMS),
        callbacks=list(callbacks),
    )


@pytest.mark.parametrize("number", STOPS)
@pytest.mark.parametrize("moment", ["on_train_batch_end", "on_test_batch_end"])
def test_a_lost_interrupt_ends_the_fit_before_the_next_batch(moment, number):
    lost = Swallowed(moment, number)
    with pytest.raises(KeyboardInterrupt):
        fit(lost, InterruptGuard())
    assert lost.after == 0
    assert all(signal.getsignal(each) is signal.default_int_handler for each in STOPS)


def test_one_lost_at_the_very_end_is_raised_too():
    class Last(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 2:
                with pytest.raises(KeyboardInterrupt):
                    signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        fit(Last(), InterruptGuard())


def test_without_an_interrupt_the_handler_is_python_s_again_and_a_second_fit_is_whole():
    guard = InterruptGuard()
    for _ in range(2):
        fit(guard)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    lost = Swallowed("on_train_batch_end")
    with pytest.raises(KeyboardInterrupt):
        fit(lost, guard)
    fit(guard)  # the interrupt of the fit before does not end this one


def test_a_handler_of_the_program_stays():
    seen = []
    signal.signal(signal.SIGINT, lambda *_: seen.append(1))

    class Once(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            signal.raise_signal(signal.SIGINT)

    fit(Once(), InterruptGuard())
    assert len(seen) == 3


def test_a_fit_in_another_thread_is_left_alone():
    failures = []

    def work():
        try:
            fit(InterruptGuard())
        except BaseException as error:  # a signal handler cannot be set here: ValueError
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failures
