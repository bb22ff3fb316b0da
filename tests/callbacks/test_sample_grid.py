import numpy as np
import pytest
from PIL import Image

from callbacks import ExponentialMovingAverage, SampleGrid
from tests.callbacks.models import Then, bits_equal, fit, linear


def draw(model):
    """Five grey pictures as bright as the first weight's epoch mark."""
    return np.full((5, 4, 4, 1), 200, "uint8")


def test_files_after_the_first_every_nth_and_the_last_epoch(tmp_path):
    fit(linear(), SampleGrid(draw, tmp_path / "images", every=3, columns=2), epochs=7)
    files = sorted(path.name for path in (tmp_path / "images").iterdir())
    assert files == [f"epoch-{epoch:04d}.png" for epoch in (1, 3, 6, 7)]
    picture = np.asarray(Image.open(tmp_path / "images/epoch-0007.png"))
    assert picture.shape == (3 * 4 + 2 * 2, 2 * 4 + 2)
    assert (picture == 200).sum() == 5 * 16


def test_a_sink_and_an_early_stop():
    def stop(model, epoch, logs):
        model.stop_training = epoch == 3

    seen = []
    callback = SampleGrid(draw, lambda images, epoch: seen.append((epoch, images.shape)), every=3)
    fit(linear(), callback, Then(stop), epochs=9)
    assert seen == [(1, (5, 4, 4, 1)), (3, (5, 4, 4, 1)), (4, (5, 4, 4, 1))]


def test_draws_with_the_averaged_weights_and_leaves_the_raw_ones():
    drawn, raw, average = [], [], ExponentialMovingAverage(0.9)

    def look(model):
        drawn.append(model.get_weights())
        return draw(model)

    after = Then(lambda model, epoch, logs: raw.append(model.get_weights()))
    grid = SampleGrid(look, lambda images, epoch: None, average=average)
    model = linear()
    fit(model, average, grid, after, epochs=2)
    assert bits_equal(drawn[-1], average.weights())
    assert not bits_equal(drawn[-1], raw[-1])
    plain = linear()
    fit(plain, epochs=2)
    assert bits_equal(plain.get_weights(), model.get_weights()), "drawing does not disturb training"


def test_errors_are_sentences():
    with pytest.raises(ValueError, match="Received: every=0"):
        SampleGrid(draw, "folder", every=0)
