"""Time of every sampler for an evaluation of the network, over the network's bare forward.

Each sampler draws a batch with the plain CNN of row B1 (28x28x1) in one compiled program, as
`model.sample` and the SavedModel do; beside it the compiled network runs as often. All take turns.
A ratio of 1.00 means that the sampler itself costs nothing.

    KERAS_BACKEND=tensorflow python benchmarks/samplers.py
"""

import argparse
import os
import statistics
import sys
import time
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from app.backend import start_backend  # noqa: E402

start_backend()  # as `python -m app` does

import keras  # noqa: E402
from keras import ops  # noqa: E402

from app.build.diffusion import build_model  # noqa: E402
from app.build.sampling import drawing  # noqa: E402
from app.config import Diffusion, Sampling  # noqa: E402
from app.diffusion.compiled import compiled  # noqa: E402
from app.recipes.mnist import CNN  # noqa: E402

SHAPE = (28, 28, 1)
SCORES = {"schedule": "exploding", "largest_sigma": 30.0, "target": "score"}
COLD = {"noise": "images", "noise_data": "digits", "target": "clean"}
CHAINS = {"cold": COLD, "langevin": SCORES, "predictor_corrector": SCORES}  # the others: DDPM's
SAMPLERS = ("ddim", "ddpm", "dpm_solver", "euler", "heun", *CHAINS)


def sides(batch, steps):
    """{sampler: (draws a batch, runs the bare network as often, evaluations)}."""
    found = {}
    for name in SAMPLERS:
        sampling = Sampling(sampler=name, steps=steps, batch_size=batch)
        chain = Diffusion(**CHAINS.get(name, {}))
        judged = replace(CNN.evaluation, samples=0)  # of images to start from there are 359
        recipe = replace(CNN, diffusion=chain, sampling=sampling, evaluation=judged)
        model = build_model(recipe, SHAPE, 10)
        options = drawing(sampling, model.pixel_range)
        network = compiled(lambda *values, own=model.network: own(*values), model.variables)
        noisy, moment = ops.zeros((batch, *SHAPE)), ops.full((batch,), 0.5)

        def draw(model=model, options=options):
            model.sample(batch, batch_size=batch, **options)

        def forward(network=network, noisy=noisy, moment=moment, count=sampling.evaluations):
            for _ in range(count):
                output = network(noisy, moment)
            ops.convert_to_numpy(output)

        found[name] = (draw, forward, sampling.evaluations)
    return found


def main():
    """Prints milliseconds an evaluation, and the ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    pairs, seconds = sides(options.batch, options.steps), {}
    for turn in range(options.rounds + 1):
        for name, (draw, forward, evaluations) in pairs.items():
            for kind, work in (("draw", draw), ("forward", forward)):
                begin = time.perf_counter()
                work()
                if turn:  # the first compiles
                    spent = (time.perf_counter() - begin) / evaluations
                    seconds.setdefault((name, kind), []).append(spent)
    print(f"{keras.backend.backend()}, batch {options.batch}, {options.steps} steps")
    for name in pairs:
        drawn, bare = (statistics.median(seconds[name, kind]) for kind in ("draw", "forward"))
        print(
            f"  {name:20} {pairs[name][2]:3} evaluations, {drawn * 1e3:6.2f} ms each, bare network "
            f"{bare * 1e3:6.2f} ms: {drawn / bare:.2f}"
        )


if __name__ == "__main__":
    main()
