"""Times training of the noisy-label report's CNN against the same network in PyTorch, loss by loss.

One process for each side take turns: 50 batches of 128 images (32x32x3, uint8 in memory) of ours,
then of theirs, and so on. Ours is `fit` of the recipe's compiled model; theirs an eager PyTorch
loop, the faster of the default memory format and channels_last. Ours
reads the recipe's seeded batches, theirs gathers the same with numpy alone, which costs less; Adam,
dropout, float32. With --losses each loss of ours takes turns with Keras's
own cross entropy in place of PyTorch's network; ANL-CE+L1 has the penalty on all weights too.

    KERAS_BACKEND=tensorflow python benchmarks/noisy_label_step.py --peer-python PEER_PYTHON
    KERAS_BACKEND=tensorflow python benchmarks/noisy_label_step.py --losses
"""

import argparse
import os
import statistics
import sys
from pathlib import Path

from interleaved import PEERS, take_turns, work

ROOT = Path(__file__).resolve().parent.parent
BATCH, STEPS = 128, 50
NCE = {"name": "active_passive", "active": "normalized_cross_entropy"}
# Settings of the recipe's loss by what they are called; of Keras's own the name alone.
LOSSES = {
    "keras": {"name": "cross_entropy"},
    "CE": {"name": "cross_entropy"},
    "FL": {"name": "focal"},
    "NCE": {"name": "normalized_cross_entropy"},
    "NFL": {"name": "normalized_focal"},
    "MAE": {"name": "mean_absolute_error"},
    "RCE": {"name": "reverse_cross_entropy"},
    "GCE": {"name": "generalized_cross_entropy"},
    "SCE": {"name": "symmetric_cross_entropy"},
    "AMSE": {"name": "asymmetric_mean_square"},
    "AGCE": {"name": "asymmetric_generalized_cross_entropy"},
    "NCE+RCE": {**NCE, "passive": "reverse_cross_entropy"},
    "JAL-CE": {**NCE, "passive": "asymmetric_mean_square"},
    "ANL-CE": {"name": "active_negative", "weight_penalty": 0.0},
    "ANL-CE+L1": {"name": "active_negative"},
}


def data():
    """Random images and labels."""
    import numpy as np

    random = np.random.default_rng(0)
    images = random.integers(0, 256, (BATCH * STEPS, 32, 32, 3)).astype("uint8")
    return images, random.integers(0, 10, len(images))


def ours(loss):
    """One pass over the batches by `fit`, and the number of weights."""
    sys.path.insert(0, str(ROOT))
    from app.backend import start_backend

    start_backend()  # as `python -m app` does
    from dataclasses import replace

    import keras

    from app.build.classifier import compiled_classifier
    from app.config import RobustLoss
    from app.data.feed import feed
    from app.data.pipeline import Batches
    from app.recipes.noisy_labels import REPORT

    recipe = replace(REPORT, loss=RobustLoss(**LOSSES[loss]))
    model = compiled_classifier(recipe, (32, 32, 3), 10, 50_000)
    if loss == "keras":
        own = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        model.compile(model.optimizer, own, jit_compile=model.jit_compile)
    batches = feed(Batches(*data(), batch_size=BATCH, seed=0, pixel_range=(0.0, 1.0)))
    return lambda: model.fit(batches, shuffle=False, verbose=0), model.count_params()


def theirs(channels_last):
    """The same for PyTorch, from the same batches."""
    import numpy as np
    import torch
    from torch import nn

    pixels, classes = data()
    random = np.random.default_rng(0)
    network = nn.Sequential(
        *(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Linear(4096, 256), nn.ReLU(), nn.Dropout(0.5), nn.Linear(256, 10)),
    )
    if channels_last:
        network = network.to(memory_format=torch.channels_last)
    optimizer = torch.optim.Adam(network.parameters(), lr=5e-4)
    criterion = nn.CrossEntropyLoss()

    def epoch():
        for some in random.permutation(len(pixels)).reshape(STEPS, BATCH):
            images = torch.from_numpy(pixels[some].astype("float32") / 255).permute(0, 3, 1, 2)
            if not channels_last:
                images = images.contiguous()
            optimizer.zero_grad(set_to_none=True)
            loss = criterion(network(images), torch.from_numpy(classes[some]))
            loss.backward()
            optimizer.step()
            loss.item()

    return epoch, sum(parameter.numel() for parameter in network.parameters())


def prepared(side):
    """One pass over the batches, warmed up, and the number of weights."""
    step, weights = theirs(side == "channels_last") if side in PEERS else ours(side)
    for _ in range(2):
        step()
    return step, weights


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter with the peers")
    parser.add_argument("--losses", action="store_true", help="our losses against Keras's own")
    parser.add_argument("--rounds", type=int, default=15, help="timed passes of each side")
    parser.add_argument("--worker", choices=(*PEERS, *LOSSES))
    arguments = parser.parse_args()
    if arguments.worker:
        work(lambda: prepared(arguments.worker))
        return
    sides = LOSSES if arguments.losses else ("CE", *PEERS)
    peer = arguments.peer_python
    workers = take_turns(__file__, sides, arguments.rounds, peer_python=peer)
    passes = {side: worker.seconds for side, worker in workers.items()}
    medians = {side: statistics.median(seconds) for side, seconds in passes.items()}
    for side, seconds in medians.items():
        speed = BATCH * STEPS / seconds
        print(f"{side:26} {workers[side].reported:>9} weights  {speed:7.0f} images a second")
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    if arguments.losses:
        for side in list(LOSSES)[1:]:
            pairs = zip(passes[side], passes["keras"], strict=True)
            ratio = statistics.median(one / other for one, other in pairs)
            print(f"{side:26} ({backend}) / Keras's cross entropy = {ratio:.3f}")
    else:
        ratio = medians["CE"] / min(medians[side] for side in PEERS)
        print(f"ours ({backend}) / faster of theirs = {ratio:.2f} (time)")


if __name__ == "__main__":
    main()
