r"""Times a training step of adaptation: what an adversary costs, ResNet-50 against PyTorch.

One process for each side; they take turns, a round being 10 batches (2 of ResNet-50). By default
DANN (64 source and 64 target images, 32x32x3, the recipe's small network) stands against training
on 128 source images without an adversary: the same rows pass the network. With --resnet50 source
training of ResNet-50 on 64 such images stands against the same network in PyTorch (blocks as
keras.applications has them, stride in the first 1x1 convolution), eager, in the default memory
format and channels_last; Adam, float32.

    KERAS_BACKEND=tensorflow python benchmarks/adaptation_step.py
    KERAS_BACKEND=tensorflow python benchmarks/adaptation_step.py \
        --resnet50 --peer-python PEER_PYTHON
"""

import argparse
import os
import statistics
import sys
from pathlib import Path

from interleaved import PEERS, take_turns, work

ROOT = Path(__file__).resolve().parent.parent
HALF = 64  # images of a domain in a batch
SIDES = {False: ("dann", "source"), True: ("resnet50", *PEERS)}


def images(count):
    """Random images and labels of ten classes."""
    import numpy as np

    random = np.random.default_rng(0)
    pixels = random.random((count, 32, 32, 3), dtype="float32")
    return pixels, random.integers(0, 10, count).astype("int32")


def ours(side):
    """A function that trains on some batches of our model, and its number of weights."""
    sys.path.insert(0, str(ROOT))
    from app.backend import start_backend

    start_backend()  # as `python -m app` does
    from dataclasses import replace

    from app.build.adaptation import compiled_adaptation
    from app.config import Alignment, ResNet50
    from app.recipes.adaptation import SMALL

    recipe = replace(SMALL, alignment=Alignment(stages=(1,) if side == "dann" else ()))
    if side == "resnet50":
        recipe = replace(recipe, network=ResNet50())
    model = compiled_adaptation(recipe, (32, 32, 3), 10, 1000)
    # Without an adversary the second half of a batch never enters the network.
    rows = 2 * HALF if side in ("dann", "resnet50") else 4 * HALF
    pixels, labels = images(rows)
    labels[rows // 2 :] = -1
    return lambda: model.train_on_batch(pixels, labels), model.count_params()


def theirs(channels_last):
    """The same for ResNet-50 in PyTorch."""
    import torch
    from torch import nn

    def conv(before, after, size, stride=1):
        return nn.Sequential(
            nn.Conv2d(before, after, size, stride, padding=size // 2), nn.BatchNorm2d(after)
        )

    class Block(nn.Module):
        def __init__(self, before, width, stride, first):
            super().__init__()
            self.body = nn.Sequential(
                *(conv(before, width, 1, stride), nn.ReLU()),
                *(conv(width, width, 3), nn.ReLU()),
                conv(width, 4 * width, 1),
            )
            self.skip = conv(before, 4 * width, 1, stride) if first else nn.Identity()

        def forward(self, x):
            return torch.relu(self.body(x) + self.skip(x))

    blocks, before = [], 64
    for width, count, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for place in range(count):
            blocks.append(Block(before, width, 1 if place else stride, place == 0))
            before = 4 * width
    network = nn.Sequential(
        *(conv(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1), *blocks),
        *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 256), nn.ReLU()),
        nn.Linear(256, 10),
    )
    pixels, labels = (torch.from_numpy(each) for each in images(HALF))
    pixels, labels = pixels.permute(0, 3, 1, 2).contiguous(), labels.long()
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
        pixels = pixels.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = nn.functional.cross_entropy(network(pixels), labels)
        loss.backward()
        optimizer.step()
        loss.item()

    counted = [*network.parameters(), *(b for b in network.buffers() if b.ndim)]
    return step, sum(each.numel() for each in counted)


def prepared(side, batches):
    """A round of some batches, warmed up, and the number of weights."""
    step, weights = theirs(side == "channels_last") if side in PEERS else ours(side)
    for _ in range(2):
        step()

    def round_():
        for _ in range(batches):
            step()

    return round_, weights


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter with the peers")
    parser.add_argument("--resnet50", action="store_true", help="ResNet-50 against PyTorch")
    parser.add_argument("--rounds", type=int, default=15, help="timed rounds of each side")
    parser.add_argument("--worker", choices=[side for sides in SIDES.values() for side in sides])
    arguments = parser.parse_args()
    batches = 2 if arguments.resnet50 else 10
    if arguments.worker:
        work(lambda: prepared(arguments.worker, batches))
        return
    options = ["--resnet50"] if arguments.resnet50 else []
    first, *others = sides = SIDES[arguments.resnet50]
    workers = take_turns(__file__, sides, arguments.rounds, options, arguments.peer_python)
    seconds = {side: statistics.median(worker.seconds) for side, worker in workers.items()}
    for side, median in seconds.items():
        speed = batches * (HALF if arguments.resnet50 else 2 * HALF) / median
        print(f"{side:14} {workers[side].reported:>9} weights  {speed:7.1f} images a second")
    ratio = seconds[first] / min(seconds[side] for side in others)
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    print(f"{first} ({backend}) / fastest of the others = {ratio:.2f} (time)")


if __name__ == "__main__":
    main()
