"""The two sides of `quality.py`: each trains for so many minutes on a core of its own, then draws.

Drawing is not timed: the slower side gets the cores that the other has left.

python benchmarks/quality_sides.py SIDE RATE MINUTES SEED COUNT IMAGES.npy DRAWN.npz
"""

import json
import os
import sys
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SIDES = ("ours", "theirs")
CORES = sorted(os.sched_getaffinity(0))
BATCH, STEPS, SIZE = 64, 50, 28


def ours(images, rate, seconds, seed, count):
    """Trains and draws; returns (uint8 images, facts). The rate falls as a cosine of the time."""
    sys.path.insert(0, str(ROOT))
    from app.backend import start_backend

    start_backend()  # as `python -m app` does
    import keras

    from app.diffusion.schedules import cosine
    from app.models.diffusion_model import DiffusionModel
    from app.models.unet import Unet
    from callbacks import ExponentialMovingAverage

    keras.utils.set_random_seed(seed)
    network = Unet(
        image_channels=1,
        image_size=SIZE,
        width=44,
        multipliers=(1, 2),
        blocks=1,
        attention_resolutions=(7,),
        groups=11,
        patch_size=2,
    )
    model = DiffusionModel(
        network, cosine(1000), (SIZE, SIZE, 1), "velocity", times="stratified", seed=seed
    )
    model.compile(keras.optimizers.Adam(rate, clipnorm=1.0))
    operations = operations_of(network)
    begin = time.monotonic()

    class Deadline(keras.callbacks.Callback):
        steps = 0

        def on_train_batch_end(self, batch, logs=None):
            self.steps += 1
            part = min((time.monotonic() - begin) / seconds, 1.0)
            self.model.optimizer.learning_rate = rate * (1 + np.cos(np.pi * part)) / 2
            self.model.stop_training = part == 1.0

    deadline, average = Deadline(), ExponentialMovingAverage(0.999)
    model.fit(images, batch_size=BATCH, epochs=10**6, callbacks=[average, deadline], verbose=0)
    trained = time.monotonic() - begin
    with average.swapped(model):
        drawn = model.sample(count, steps=STEPS, seed=seed)
    facts = {"weights": network.count_params(), "steps": deadline.steps, "trained": trained}
    return drawn, {**facts, "operations": operations}


def operations_of(network):
    """Floating-point operations of a training pass, an image; products of attention left out."""
    import tensorflow as tf
    from tensorflow.python.profiler.model_analyzer import profile
    from tensorflow.python.profiler.option_builder import ProfileOptionBuilder

    @tf.function
    def training_pass(noisy, moment):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(network(noisy, moment, training=True) ** 2)
        return tape.gradient(loss, network.trainable_variables)

    graph = training_pass.get_concrete_function(tf.zeros((1, SIZE, SIZE, 1)), tf.zeros(1)).graph
    options = ProfileOptionBuilder(ProfileOptionBuilder.float_operation()).with_empty_output()
    return profile(graph, options=options.build()).total_float_ops


def theirs(images, rate, seconds, seed, count):
    """The same for denoising-diffusion-pytorch."""
    import torch
    from denoising_diffusion_pytorch import GaussianDiffusion, Unet
    from ema_pytorch import EMA
    from torch.utils.flop_counter import FlopCounterMode

    torch.manual_seed(seed)
    network = Unet(dim=16, dim_mults=(1, 2, 4), channels=1)
    model = GaussianDiffusion(network, image_size=SIZE, sampling_timesteps=STEPS)
    with FlopCounterMode(display=False) as counted:
        model(torch.rand(1, 1, SIZE, SIZE)).backward()
    pixels = torch.from_numpy(images[..., 0])[:, None]
    average = EMA(model, beta=0.995, update_every=10)
    optimizer = torch.optim.Adam(model.parameters(), lr=rate, betas=(0.9, 0.99))
    steps, begin = 0, time.monotonic()
    while time.monotonic() - begin < seconds:
        for rows in torch.randperm(len(pixels)).split(BATCH):
            optimizer.zero_grad()
            model(pixels[rows] / 255).backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            average.update()
            steps += 1
            if time.monotonic() - begin >= seconds:
                break
    trained = time.monotonic() - begin
    average.ema_model.eval()
    os.sched_setaffinity(0, CORES)
    torch.set_num_threads(len(CORES))
    parts = [average.ema_model.sample(batch_size=50) for _ in range(count // 50)]
    drawn = torch.cat(parts)[:, 0, :, :, None].mul(255).round().clamp(0, 255).byte().numpy()
    weights = sum(parameter.numel() for parameter in network.parameters())
    facts = {"weights": weights, "steps": steps, "trained": trained}
    return drawn, {**facts, "operations": counted.get_total_flops()}


def main():
    """Leaves an archive of images and facts."""
    side, rate, minutes, seed, count, data, path = sys.argv[1:]
    os.sched_setaffinity(0, {CORES[SIDES.index(side)]})
    images = np.load(data)
    train = {"ours": ours, "theirs": theirs}[side]
    drawn, facts = train(images, float(rate), 60 * float(minutes), int(seed), int(count))
    partial = Path(path).with_suffix(".partial.npz")
    np.savez_compressed(partial, images=drawn, facts=json.dumps(facts))
    partial.replace(path)


if __name__ == "__main__":
    main()
