"""Makes the fixtures of test_inception.py and test_torch_file.py.

Run once, from the root, in an environment with torch 2.13.0 and torch-fidelity 0.4.0:
    python tests/app/metrics/features/make_inception_fixture.py tests/app/metrics/features/fixtures
`inception.npz` holds every eighth number of each layer of torch-fidelity's network
for weights and images that the tests draw again (in float32: this version takes its "float64" for
float32 too); the two `.pth` hold three tensors as `torch.save` writes them today and wrote them
before PyTorch 1.6. With `--whole FILE` the weights
are also kept, as a state dict of 96 MB (not committed).
"""

import argparse
import tempfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import torch
from inception_tensors import random_images, random_tensors
from torch_fidelity.feature_extractor_inceptionv3 import FeatureExtractorInceptionV3

LAYERS = ["64", "192", "768", "2048", "logits_unbiased", "logits"]


def state_dict():
    """The names and shapes are torch-fidelity's own."""

    class Shapes(FeatureExtractorInceptionV3):
        def load_state_dict(self, state):
            pass

    with tempfile.NamedTemporaryFile() as file:
        torch.save({}, file.name)
        network = Shapes("shapes", LAYERS, file.name)
    shapes = {name: value.shape for name, value in network.state_dict().items()}
    shapes = {name: shape for name, shape in shapes.items() if "num_batches" not in name}
    tensors = random_tensors(shapes)
    return OrderedDict((name, torch.from_numpy(tensors[name])) for name in shapes)


def features(path, images):
    """Every layer of torch-fidelity's network by name."""
    network = FeatureExtractorInceptionV3("inception", LAYERS, path)
    found = network(torch.from_numpy(images.transpose(0, 3, 1, 2)))
    return {name: value.numpy() for name, value in zip(LAYERS, found, strict=True)}


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--whole", type=Path)
    arguments = parser.parse_args()
    folder = arguments.folder
    folder.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        whole = arguments.whole or Path(temporary) / "weights.pth"
        torch.save(state_dict(), whole)
        images = random_images(45, 70)
        golden = {
            name: values[:, ::8].astype("float32")
            for name, values in features(whole, images).items()
        }
    np.savez_compressed(folder / "inception.npz", **golden)
    print({name: (values.shape, float(values.std())) for name, values in golden.items()})
    few = OrderedDict(
        matrix=torch.arange(6.0).reshape(2, 3),
        transposed=torch.arange(12.0).reshape(3, 4).T[1:],
        count=torch.tensor(7),
    )
    torch.save(few, folder / "tensors.pth")
    torch.save(few, folder / "tensors_before_1.6.pth", _use_new_zipfile_serialization=False)
