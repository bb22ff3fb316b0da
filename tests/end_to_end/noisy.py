"""A classification run of seconds: embedded digits, three in ten labels wrong."""

from dataclasses import replace

from app.config import Data, LabelNoise, SmallCNN, Training
from app.recipes.noisy_labels import REPORT

RECIPE = replace(
    REPORT,
    name="tiny-noisy",
    data=Data(name="digits", validation_fraction=0.1),
    noise=LabelNoise(kind="symmetric", rate=0.3, seed=1),
    network=SmallCNN(channels=(8,), hidden=16),
    training=Training(epochs=3, batch_size=64, ema_decay=0),
)
