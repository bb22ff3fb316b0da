"""Peak memory and time of attention, forward and backward, kernel by kernel.

    KERAS_BACKEND=tensorflow python benchmarks/attention.py

Each kernel runs in a process of its own: one compiled program that gives the loss and the gradients
of query, key and value. Time: the processes take turns, a step of one, a step of the other, so that
whatever else the machine does falls on both. Memory: the highest resident memory of the process
less what it held before the first step (inputs and imports), and, for comparison, all of it. The
aim: at 4,096 tokens a quarter of the memory of standard attention, at 1.5 times its time or less.
"""

import argparse
import os
import statistics
import sys
from pathlib import Path

from interleaved import take_turns, work

ROOT = Path(__file__).resolve().parent.parent
KERNELS = ("standard", "memory_efficient")


def program(kernel):
    """A compiled function of query, key, value and upstream: loss and three gradients, waited for.

    The only part that names a backend: keras.ops has no gradient.
    """
    import keras
    from keras import ops

    from layers.attention_kernels import attend

    def loss(query, key, value, upstream):
        return ops.sum(attend(query, key, value, kernel) * upstream)

    if keras.backend.backend() == "jax":
        import jax

        step = jax.jit(jax.value_and_grad(loss, argnums=(0, 1, 2)))
        return lambda *parts: jax.block_until_ready(step(*parts))
    import tensorflow as tf

    @tf.function
    def step(*parts):
        with tf.GradientTape() as tape:
            tape.watch(parts)
            value = loss(*parts)
        return value, tape.gradient(value, parts[:3])

    return step


def prepared(kernel, shape, warm_up):
    """One step, warmed up, the megabytes it took, and a thousandth of the gradients to compare."""
    sys.path.insert(0, str(ROOT))
    from app.backend import start_backend

    start_backend()  # as `python -m app` does
    import numpy as np
    from keras import ops

    from app.machine.memory import peak_megabytes

    random = np.random.default_rng(0)
    parts = [random.normal(size=shape).astype("float32") for _ in range(4)]
    parts = [ops.convert_to_tensor(part) for part in parts]
    step, before = program(kernel), peak_megabytes()
    for _ in range(warm_up):
        _, gradients = step(*parts)
    some = np.concatenate([np.asarray(gradient).ravel()[::1000] for gradient in gradients])
    used = {"before": before, "peak": peak_megabytes(), "gradients": some.tolist()}
    return lambda: step(*parts), used


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, default=1, help="images a step")
    parser.add_argument("--heads", type=int, default=6, help="heads")
    parser.add_argument("--tokens", type=int, default=4096, help="tokens of an image")
    parser.add_argument("--size", type=int, default=64, help="channels of a head")
    parser.add_argument("--rounds", type=int, default=5, help="timed steps of each kernel")
    parser.add_argument("--worker", choices=KERNELS)
    options = parser.parse_args()
    shape = (options.batch, options.heads, options.tokens, options.size)
    if options.worker:
        work(lambda: prepared(options.worker, shape, warm_up=2))
        return
    sizes = [f"--{name}={getattr(options, name)}" for name in ("batch", "heads", "tokens", "size")]
    workers = take_turns(__file__, KERNELS, options.rounds, sizes)
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    print(f"{backend}, {shape} (batch, heads, tokens, size), load {os.getloadavg()[0]:.1f}")
    memory, whole, seconds = {}, {}, {}
    for kernel, worker in workers.items():
        used = worker.reported
        memory[kernel], whole[kernel] = used["peak"] - used["before"], used["peak"]
        seconds[kernel] = statistics.median(worker.seconds)
        print(
            f"{kernel:17} {memory[kernel]:7.0f} MB (of {whole[kernel]:.0f} MB in all)  median "
            f"{seconds[kernel]:.2f} s  fastest {min(worker.seconds):.2f} s"
        )
    standard, efficient = (workers[kernel].reported["gradients"] for kernel in KERNELS)
    difference = max(abs(a - b) for a, b in zip(efficient, standard, strict=True))
    largest = max(map(abs, standard))
    print(f"gradients differ by at most {difference:.1e}; the largest is {largest:.1e}")
    for words, figures, target in (
        ("memory", memory, 0.25),
        ("memory of the whole process", whole, None),
        ("time", seconds, 1.5),
    ):
        aim = f" (aim: {target} or less)" if target else ""
        print(f"{words}: {figures['memory_efficient'] / figures['standard']:.2f}{aim}")


if __name__ == "__main__":
    main()
