"""Times our Inception features against torch-fidelity's, in images per second on one CPU.

    KERAS_BACKEND=tensorflow python benchmarks/inception.py --peer-python PEER_PYTHON

One process for each side, each in its own interpreter, take turns: a batch of ours, a batch of
theirs, and so on, so that whatever else the machine does falls on both. Both start from the same
uint8 images and the same random weights, resize them to 299x299 and give all six layers. Theirs is
`FeatureExtractorInceptionV3` under `inference_mode`, the faster of the default memory format and
channels_last. The features must agree to 1e-4 of the largest.
"""

import argparse
import os
import statistics
import sys
import tempfile
from pathlib import Path

import numpy as np
from interleaved import PEERS, take_turns, work

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("64", "192", "768", "2048", "logits_unbiased", "logits")
SIDES = ("ours", *PEERS)


def random_tensors(shapes):
    """The same weights on both sides, at a scale that lets the features live."""
    generator, tensors = np.random.default_rng(0), {}
    for name in sorted(shapes):
        shape = tuple(shapes[name])
        if name.endswith(("bn.weight", "running_var")):
            tensors[name] = np.ones(shape, "float32")
        else:
            scale = np.sqrt(2 / np.prod(shape[1:])) if len(shape) > 1 else 0.1
            tensors[name] = generator.standard_normal(shape, "float32") * np.float32(scale)
    return tensors


def ours(images):
    """A function that returns the 2,048 features of all images."""
    sys.path.insert(0, str(ROOT))
    from app.backend import start_backend

    start_backend()  # as `python -m app` does
    from app.metrics.features import inception
    from app.metrics.features.inception_layout import tensor_shapes

    inception.load_weights = lambda *_: random_tensors(tensor_shapes())
    extractor = inception.InceptionFeatures(batch_size=len(images))
    return lambda: extractor.layers(images)["2048"]


def theirs(images, channels_last):
    """The same for torch-fidelity."""
    import torch
    from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

    class Inception(FeatureExtractorInceptionV3):
        def load_state_dict(self, _):
            shapes = {name: value.shape for name, value in self.state_dict().items() if value.ndim}
            tensors = {k: torch.from_numpy(v) for k, v in random_tensors(shapes).items()}
            return super().load_state_dict(tensors, strict=False)  # it counts batches too

    with tempfile.NamedTemporaryFile() as nothing:
        torch.save({}, nothing.name)
        network = Inception("inception", list(LAYERS), nothing.name)
    if channels_last:
        network = network.to(memory_format=torch.channels_last)

    def features():
        batch = torch.from_numpy(images).permute(0, 3, 1, 2)
        if not channels_last:
            batch = batch.contiguous()
        with torch.inference_mode():
            return network(batch)[LAYERS.index("2048")].numpy()

    return features


def prepared(side, batch, size):
    """A function that passes one batch, warmed up, and the features it gave."""
    images = np.random.default_rng(0).integers(0, 256, (batch, size, size, 3), dtype=np.uint8)
    features = ours(images) if side == "ours" else theirs(images, side == "channels_last")
    features()
    return features, features()[0].tolist()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter with the peers")
    parser.add_argument("--batch", type=int, default=32, help="images a batch")
    parser.add_argument("--size", type=int, default=32, help="height and width of the images")
    parser.add_argument("--rounds", type=int, default=9, help="timed batches of each side")
    parser.add_argument("--worker", choices=SIDES)
    options = parser.parse_args()
    if options.worker:
        work(lambda: prepared(options.worker, options.batch, options.size))
        return
    sizes = ["--batch", str(options.batch), "--size", str(options.size)]
    workers = take_turns(__file__, SIDES, options.rounds, sizes, options.peer_python)
    speeds, expected = {}, np.array(workers["default"].reported)
    for side, worker in workers.items():
        speeds[side] = options.batch / statistics.median(worker.seconds)
        difference = np.abs(np.array(worker.reported) - expected).max() / np.abs(expected).max()
        print(
            f"{side:14} median {speeds[side]:6.2f} images/s  fastest "
            f"{options.batch / min(worker.seconds):6.2f}  features differ by {difference:.1e}"
        )
        if not difference <= 1e-4:
            sys.exit(f"The features of {side} are others than those of torch-fidelity.")
    ratio = speeds["ours"] / max(speeds[side] for side in PEERS)
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    print(f"ours ({backend}) / faster of theirs = {ratio:.2f} (above 1: ours is faster)")


if __name__ == "__main__":
    main()
