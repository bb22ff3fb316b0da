"""Times a training step of our U-Net against diffusers' `UNet2DModel` of the same shape.

One process for each side, each in its own interpreter, take turns: a step of ours, a step of
theirs, and so on, so that whatever else the machine does falls on both. Ours is `train_on_batch` of
a compiled Keras model; theirs an eager PyTorch step, the faster of the default memory format and
channels_last. Forward, mean squared error, backward and Adam, float32, same batch, 6.5 million
weights, widths 64/128/128, two blocks a level, attention at 16x16, 32x32x3.

    KERAS_BACKEND=tensorflow python benchmarks/unet_training_step.py --peer-python PEER_PYTHON
"""

import argparse
import os
import statistics
import sys
from pathlib import Path

from interleaved import PEERS, take_turns, work

ROOT = Path(__file__).resolve().parent.parent
SIZE, CHANNELS = 32, 3
SIDES = ("ours", *PEERS)


def ours(batch):
    """A function that runs one training step of our U-Net, and the number of its weights."""
    sys.path.insert(0, str(ROOT))
    from app.backend import start_backend

    start_backend()  # as `python -m app` does
    import keras
    import numpy as np

    from app.models.unet import Unet

    network = Unet(CHANNELS, width=64, multipliers=(1, 2, 2), image_size=SIZE)
    noisy = keras.Input((SIZE, SIZE, CHANNELS))
    steps = keras.Input(())
    model = keras.Model([noisy, steps], network(noisy, steps))
    model.compile("adam", "mse")
    random = np.random.default_rng(0)
    images = random.normal(size=(batch, SIZE, SIZE, CHANNELS)).astype("float32")
    noise = random.normal(size=images.shape).astype("float32")
    positions = random.uniform(0, 999, size=batch).astype("float32")
    return lambda: model.train_on_batch([images, positions], noise), network.count_params()


def theirs(batch, channels_last):
    """The same for diffusers' `UNet2DModel`."""
    import torch
    from diffusers import UNet2DModel

    network = UNet2DModel(
        sample_size=SIZE,
        block_out_channels=(64, 128, 128),
        down_block_types=("DownBlock2D", "AttnDownBlock2D", "DownBlock2D"),
        up_block_types=("UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=None,
        downsample_padding=0,
        flip_sin_to_cos=False,
        freq_shift=1,
        norm_eps=1e-6,
    ).train()
    images, noise = torch.randn(2, batch, CHANNELS, SIZE, SIZE)
    positions = torch.randint(0, 1000, (batch,))
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
        images = images.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters())

    def step():
        optimizer.zero_grad(set_to_none=True)
        loss = torch.nn.functional.mse_loss(network(images, positions).sample, noise)
        loss.backward()
        optimizer.step()
        loss.item()

    return step, sum(parameter.numel() for parameter in network.parameters())


def prepared(side, batch):
    """A function that runs one training step, warmed up, and the number of weights."""
    step, weights = ours(batch) if side == "ours" else theirs(batch, side == "channels_last")
    for _ in range(3):
        step()
    return step, weights


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter with the peers")
    parser.add_argument("--batch", type=int, default=8, help="images a step")
    parser.add_argument("--rounds", type=int, default=15, help="timed steps of each side")
    parser.add_argument("--worker", choices=SIDES)
    arguments = parser.parse_args()
    if arguments.worker:
        work(lambda: prepared(arguments.worker, arguments.batch))
        return
    options = ["--batch", str(arguments.batch)]
    workers = take_turns(__file__, SIDES, arguments.rounds, options, arguments.peer_python)
    medians = {}
    for side, worker in workers.items():
        medians[side] = statistics.median(worker.seconds)
        print(
            f"{side:14} {worker.reported:>9} weights  median {medians[side]:.3f} s  "
            f"fastest {min(worker.seconds):.3f} s"
        )
    ratio = medians["ours"] / min(medians[side] for side in PEERS)
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    print(f"ours ({backend}) / faster of theirs = {ratio:.2f}")


if __name__ == "__main__":
    main()
