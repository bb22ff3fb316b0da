"""Makes the fixture of test_align.py, test_align_weights.py and test_word_pieces.py.

Run once, from the root, in an environment with torch 2.13.0, transformers 5.24.0, pillow 13.0.0:
    python tests/app/metrics/features/make_align_fixture.py tests/app/metrics/features/fixtures
`align.npz` holds the embeddings of transformers' AlignModel for weights, images and texts that
the tests make again, the tokens of its tokenizer, every sixteenth pixel of its image processor,
the names and shapes of its tensors, and of the published size their count and digest.
"""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from align_tensors import CONFIG, TEXTS, VOCABULARY, random_pixels, random_tensors
from inception_tensors import random_images
from PIL import Image
from transformers import (
    AlignConfig,
    AlignModel,
    BertTokenizer,
    EfficientNetImageProcessorPil,
)

LENGTH = 20


def names_and_shapes(model):
    """Name to shape of all tensors of a state dict."""
    return {name: list(tensor.shape) for name, tensor in model.state_dict().items()}


def features(found):
    """The tensor of embeddings, which transformers 5 wraps in an output."""
    return getattr(found, "pooler_output", found).detach().numpy()


def pixels(image):
    """What ALIGN's image processor makes of one image, as its preprocessor_config.json says."""
    processor = EfficientNetImageProcessorPil(
        do_center_crop=True,
        crop_size={"height": 289, "width": 289},
        size={"height": 346, "width": 346},
        rescale_factor=1 / 127.5,
        rescale_offset=True,
        do_normalize=False,
        include_top=False,
        resample=Image.BILINEAR,
    )
    found = processor(Image.fromarray(image), return_tensors="np")["pixel_values"][0]
    return found.transpose(1, 2, 0)[::16, ::16]


if __name__ == "__main__":
    model = AlignModel(AlignConfig(**CONFIG)).eval()
    shapes = names_and_shapes(model)
    counted = {name: shape for name, shape in shapes.items() if "num_batches" not in name}
    tensors = random_tensors(counted)
    state = {name: torch.from_numpy(tensor) for name, tensor in tensors.items()}
    print(model.load_state_dict(state, strict=False))
    golden = {"shapes": json.dumps(shapes)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "vocab.txt"
        path.write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
        tokenizer = BertTokenizer(vocab=str(path), do_lower_case=True)
    tokens = tokenizer(
        TEXTS, padding="max_length", max_length=LENGTH, truncation=True, return_tensors="pt"
    )
    golden["tokens"], golden["mask"] = tokens["input_ids"].numpy(), tokens["attention_mask"].numpy()
    with torch.no_grad():
        last = model.text_model(tokens["input_ids"], tokens["attention_mask"])[0][:, 0]
        golden["text"] = model.text_projection(last).numpy()
        for size in ((64, 64), (65, 49)):
            images = torch.from_numpy(random_pixels(*size).transpose(0, 3, 1, 2).copy())
            found = features(model.get_image_features(pixel_values=images))
            golden["image_{}_{}".format(*size)] = found
    for size in ((500, 421), (32, 50)):
        golden["pixels_{}_{}".format(*size)] = pixels(random_images(*size, count=1)[0])
    with torch.device("meta"):
        published = AlignModel(AlignConfig(vision_config={"hidden_dim": 640}))
    lines = sorted(f"{name} {shape}" for name, shape in names_and_shapes(published).items())
    golden["published_digest"] = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    golden["published_count"] = sum(tensor.numel() for tensor in published.parameters())
    np.savez_compressed(Path(sys.argv[1]) / "align.npz", **golden)
    for name, value in golden.items():
        print(name, np.shape(value), np.std(value) if np.ndim(value) else str(value)[:70])
    print(golden["tokens"])
