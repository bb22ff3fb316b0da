"""A small recipe to break in the middle of its work, and what a broken run says of itself."""

import json

import numpy as np

RECIPE = """
from app.config import *

RECIPE = Recipe(
    name="frail",
    data=Data(name="blobs.npz"),
    network={network},
    diffusion=Diffusion(steps=10, scale_to_steps=False, last_beta=0.5),
    training=Training(epochs=2, batch_size=32),
    sampling=Sampling(steps=2),
    watching=Watching(sample_every=0, samples=4),
    evaluation=Evaluation(samples=0),
)
"""

BREAKS = """
import keras
from keras import ops

@keras.saving.register_keras_serializable("tests")
class Breaks(keras.Layer):
    "A convolution that returns NaN from its 7th training step on."
    def __init__(self, image_channels=1, **options):
        super().__init__()
        self.inner = keras.layers.Conv2D(image_channels, 3, padding="same")
    def build(self, shape, *rest):
        self.inner.build(shape)
        self.steps = self.add_weight(shape=(), initializer="zeros", trainable=False)
    def call(self, noisy, time, condition=None, training=False):
        if training:
            self.steps.assign_add(1.0)
        return self.inner(noisy) * ops.where(self.steps > 6.0, float("nan"), 1.0)
"""


def prepare(tmp_path, monkeypatch):
    """Goes to a folder with recipe files and 200 small images: 4 steps an epoch."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    images = np.random.default_rng(0).integers(0, 256, (200, 8, 8), "uint8")
    np.savez(tmp_path / "blobs.npz", images=images)
    small = "PlainCNN(channels=(4,), kernel_size=3)"
    (tmp_path / "frail.py").write_text(RECIPE.format(network=small))
    (tmp_path / "breaks.py").write_text(BREAKS)
    (tmp_path / "nan.py").write_text(RECIPE.format(network="CustomNetwork(path='breaks:Breaks')"))
    return tmp_path


def stop(*parts):
    raise KeyboardInterrupt


def status(folder):
    return json.loads((folder / "manifest.json").read_text())["status"]


def said(capfd):
    output = "".join(capfd.readouterr())
    assert "Traceback" not in output
    return " ".join(output.split())


def checkpoints(folder):
    return sorted(path.name for path in (folder / "checkpoints").iterdir())
