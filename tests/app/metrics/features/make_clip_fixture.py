"""Makes the fixture of test_clip_images.py.

Run once, from the root, in an environment with transformers 5.24.0 and pillow 13.0.0:
    python tests/app/metrics/features/make_clip_fixture.py tests/app/metrics/features/fixtures
`clip_images.npz` holds every sixteenth pixel of what transformers' image processors of CLIP (224
and 336 pixels) and of SigLIP make of images that the tests draw again.
"""

import sys
from pathlib import Path

import numpy as np
from inception_tensors import random_images
from PIL import Image
from transformers import CLIPImageProcessorPil, SiglipImageProcessorPil

SHAPES = ((28, 28, 1), (32, 32, 3), (45, 60, 3), (60, 45, 3), (500, 421, 3))
PROCESSORS = {
    "clip_224": CLIPImageProcessorPil(),
    "clip_336": CLIPImageProcessorPil(
        size={"shortest_edge": 336}, crop_size={"height": 336, "width": 336}
    ),
    "siglip_224": SiglipImageProcessorPil(
        size={"height": 224, "width": 224}, resample=Image.BICUBIC
    ),
}


def processed(processor, image):
    """What a processor makes of one uint8 image, every sixteenth pixel."""
    whole = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).convert("RGB")
    found = processor(whole, return_tensors="np")["pixel_values"][0]
    return found.transpose(1, 2, 0)[::16, ::16].astype("float32")


if __name__ == "__main__":
    golden = {}
    for name, processor in PROCESSORS.items():
        for height, width, channels in SHAPES:
            image = random_images(height, width, count=1)[0, ..., :channels]
            golden[f"{name}_{height}_{width}_{channels}"] = processed(processor, image)
    np.savez_compressed(Path(sys.argv[1]) / "clip_images.npz", **golden)
    for name, value in golden.items():
        print(name, value.shape, value.min(), value.max())
