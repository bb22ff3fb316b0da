"""Pictures drawn from the model while it trains."""

import functools
from pathlib import Path

from callbacks.epochs import EveryEpochs, swapped_or_raw
from callbacks.image_grid import grid, write_png


def _write(folder, columns, images, epoch):
    write_png(Path(folder) / f"epoch-{epoch:04d}.png", grid(images, columns))


class SampleGrid(EveryEpochs):
    """Draws images from the model after the first epoch, every N-th and the last.

    Use it to see a generative model learn. The callback knows nothing of samplers: `draw` does,
    and with the same seed at each call the grids can be compared picture by picture.

    Args:
        draw: function (model) -> uint8 images (count, height, width, channels).
        sink: a folder, into which `epoch-0005.png` is written, or a function (images, epoch) that
            takes the images one by one, epoch counted from 1.
        every: int >= 1, in epochs.
        average: ExponentialMovingAverage or StochasticWeightAveraging of the same `fit`: draws
            with the averaged weights once there are some.
        columns: columns of the grid in the file; None makes it square.

    Raises:
        ValueError: `every` below 1.

    Example:
        >>> model.fit(batches, callbacks=[SampleGrid(draw, "runs/1/images", every=5)])
    """

    def __init__(self, draw, sink, every=1, average=None, columns=None):
        super().__init__(every)
        self.draw, self.average = draw, average
        self.sink = sink if callable(sink) else functools.partial(_write, sink, columns)

    def act(self, epoch, logs):
        """Draws and hands over."""
        with swapped_or_raw(self.average, self.model) as model:
            images = self.draw(model)
        self.sink(images, epoch)
