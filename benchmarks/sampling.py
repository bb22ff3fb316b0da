"""Times the compiled sampling loop against the loops that people write, on either backend.

Four ways to run the same DDIM steps of the same plain CNN (28x28x1) on the same images, taking
turns, so that whatever else the machine does falls on all. The channels of row B1 make a network
that takes nearly all of the time; `--channels 16 16 --kernel-size 3` is one so small that the loop
around it shows:

- `loop`: the whole loop as one program, as `model.sample` and the SavedModel run it;
- `step`: a Python loop over one compiled step;
- `predict`: a Python loop over `predict_on_batch`, the step itself in numpy;
- `forward`: the network alone, compiled, once a step: the least that any sampler costs.

    KERAS_BACKEND=tensorflow python benchmarks/sampling.py
"""

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.backend import start_backend  # noqa: E402

start_backend()  # as `python -m app` does

import keras  # noqa: E402
import numpy as np  # noqa: E402
from keras import ops  # noqa: E402

from app.diffusion.compiled import compiled  # noqa: E402
from app.diffusion.denoiser import denoiser  # noqa: E402
from app.diffusion.samplers import DDIM  # noqa: E402
from app.diffusion.schedules import linear  # noqa: E402
from app.diffusion.targets import NoiseTarget  # noqa: E402
from app.diffusion.times import Trajectory  # noqa: E402
from app.models.cnn import PlainCNN  # noqa: E402


def contenders(network, batch, steps, xla):
    """The four functions by name; each takes the start noise and returns numpy images."""
    schedule, sampler = linear(1000), DDIM(clip=(-1.0, 1.0))
    network(ops.zeros((1, 28, 28, 1)), ops.zeros((1,)))
    denoise = denoiser(network, NoiseTarget(), schedule)
    trajectory = Trajectory(schedule, steps)
    variables = network.variables

    whole = compiled(
        lambda start: sampler(denoise, trajectory, start, seed=0, first_index=0), variables, xla
    )
    one_step = compiled(
        lambda noisy, index: sampler.step(denoise, trajectory, noisy, index, None, None),
        variables,
        xla,
    )
    forward = compiled(lambda noisy, time: network(noisy, time), variables, xla)
    noisy, step_index = keras.Input((28, 28, 1)), keras.Input(())
    functional = keras.Model([noisy, step_index], network(noisy, step_index))
    functional.compile(jit_compile="auto" if xla is None else xla)
    rates = [
        [float(table(i)) for table in (trajectory.signal_rate, trajectory.noise_rate)]
        for i in range(steps + 1)
    ]
    visited = [int(trajectory.step(i)) - 1 for i in range(steps)]

    def loop_over_step(start):
        images = ops.convert_to_tensor(start)
        for index in range(steps):
            images = one_step(images, ops.convert_to_tensor(index, "int32"))
        return ops.convert_to_numpy(images)

    def loop_over_predict(start):
        images = start
        for index, t in enumerate(visited):
            noise = functional.predict_on_batch([images, np.full(batch, t, "float32")])
            (signal, rate), (next_signal, next_rate) = rates[index], rates[index + 1]
            clean = np.clip((images - rate * noise) / signal, -1.0, 1.0)
            noise = (images - signal * clean) / rate
            images = (next_signal * clean + next_rate * noise).astype("float32")
        return images

    def forward_only(start):
        noisy, times = ops.convert_to_tensor(start), ops.full((batch,), 500.0)
        for _ in range(steps):
            output = forward(noisy, times)
        return ops.convert_to_numpy(output)

    return {
        "loop": lambda start: ops.convert_to_numpy(whole(ops.convert_to_tensor(start))),
        "step": loop_over_step,
        "predict": loop_over_predict,
        "forward": forward_only,
    }


def main():
    """Prints milliseconds a step, and the ratios that matter."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--channels", type=int, nargs="+", default=(16, 32, 32, 16))
    parser.add_argument("--kernel-size", type=int, default=7)
    parser.add_argument("--xla", choices=("auto", "on", "off"), default="auto")
    options = parser.parse_args()
    xla = {"auto": None, "on": True, "off": False}[options.xla]
    network = PlainCNN(channels=tuple(options.channels), kernel_size=options.kernel_size)
    functions = contenders(network, options.batch, options.steps, xla)
    start = np.random.default_rng(0).normal(size=(options.batch, 28, 28, 1)).astype("float32")
    images = {name: function(start) for name, function in functions.items()}
    for name in ("step", "predict"):
        difference = np.abs(images[name] - images["loop"]).max()
        print(f"{name} differs from loop by at most {difference:.1e}")
    seconds = {name: [] for name in functions}
    for _ in range(options.repeats):
        for name, function in functions.items():
            begin = time.perf_counter()
            function(start)
            seconds[name].append((time.perf_counter() - begin) / options.steps)
    medians = {name: statistics.median(values) for name, values in seconds.items()}
    print(f"{keras.backend.backend()}, batch {options.batch}, {options.steps} steps, medians:")
    for name, value in medians.items():
        spread = f"{min(seconds[name]) * 1e3:.2f} to {max(seconds[name]) * 1e3:.2f}"
        print(f"  {name:8} {value * 1e3:7.2f} ms a step ({spread})")
    print(f"predict / loop: {medians['predict'] / medians['loop']:.2f}")
    print(f"step / loop:    {medians['step'] / medians['loop']:.2f}")
    print(f"loop / forward: {medians['loop'] / medians['forward']:.2f}")


if __name__ == "__main__":
    main()
