"""Configuration, weights, images and texts both sides of the ALIGN comparison make themselves."""

import numpy as np

CONFIG = {
    "projection_dim": 80,
    "vision_config": {
        "width_coefficient": 0.25,
        "depth_coefficient": 0.4,
        "depthwise_padding": [2],
        "hidden_dim": 80,
        "image_size": 64,
    },
    "text_config": {
        "vocab_size": 64,
        "hidden_size": 24,
        "num_hidden_layers": 2,
        "num_attention_heads": 3,
        "intermediate_size": 40,
        "max_position_embeddings": 20,
    },
}
# Pieces that the texts below are cut into, numbered from 0.
VOCABULARY = """
[PAD] [UNK] [CLS] [SEP] [MASK] a photo of the cat dog ##s cafe ' s , . - _ $ ! 1 ##2 ##3 em ##bed
##ding ##dings ##d un ##able un## 中 国 i o ##k straße e é
""".split()
TEXTS = [
    "a photo of a cat",
    "A Photo, of the DOGS!",
    "the café's   embeddings\tembedding\nembedxyz",
    "$123 - a_cat. unable zebra",
    "中国 the\u200b \u00a0cat\x07s \ufffd Straße É İok",
    "",
    "cats " + "a" * 101,
    "the dog of the cat of the dog of the cat of the dog of the cat of the dog of the cat",
]


def random_tensors(shapes):
    """Tensors that keep the scale of the maps and leave no normalization trivial.

    Args:
        shapes: dict of name, as in an AlignModel, to shape.
    """
    generator, tensors = np.random.default_rng(0), {}
    for name in sorted(shapes):
        shape = tuple(shapes[name])
        if name.endswith("running_var") or "norm" in name.lower() and name.endswith(".weight"):
            values = generator.uniform(0.5, 1.5, shape)
        elif "_bn." in name and name.endswith(".weight"):
            values = generator.uniform(0.5, 1.5, shape)
        elif "embeddings" in name and len(shape) == 2:
            values = generator.standard_normal(shape)
        elif len(shape) > 1:
            values = generator.standard_normal(shape) * np.sqrt(2 / np.prod(shape[1:]))
        else:
            values = 0.1 * generator.standard_normal(shape)
        tensors[name] = np.asarray(values, "float32")
    return tensors


def random_pixels(height, width):
    """Network inputs, float32 `(2, height, width, 3)` in [-1, 1]."""
    return np.random.default_rng(1).uniform(-1, 1, (2, height, width, 3)).astype("float32")
