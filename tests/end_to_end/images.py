"""Images to be measured, as arrays and as folders, and one evaluation of them."""

import json

import numpy as np
from PIL import Image

from app.cli import main
from app.data import load


def noisy(count=120, strength=60):
    """Digits of the held-out part with noise, uint8, and their labels."""
    held_out = load("digits", split="test")
    noise = np.random.default_rng(0).integers(-strength, strength + 1, held_out.images.shape)
    images = np.clip(held_out.images.astype(int) + noise, 0, 255).astype("uint8")
    return images[:count], held_out.labels[:count]


def saved(folder, images, suffix="png"):
    folder.mkdir(parents=True)
    for number, image in enumerate(images):
        Image.fromarray(image.squeeze()).save(folder / f"{number:04d}.{suffix}")
    return folder


def evaluated(place, *arguments):
    """The scores of a fresh evaluation, and its folder."""
    before = set(place.glob("evaluations/*"))
    assert main(["evaluate", *map(str, arguments)]) == 0
    (folder,) = set(place.glob("evaluations/*")) - before
    return json.loads((folder / "scores.json").read_text()), folder


def counted(monkeypatch, kind, name):
    """A list that receives how many images each call of an extractor passes."""
    calls, plain = [], getattr(kind, name)

    def counting(self, images):
        calls.append(len(images))
        return plain(self, images)

    monkeypatch.setattr(kind, name, counting)
    return calls
