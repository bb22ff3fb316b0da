"""Finds, reads and checks the weights of ALIGN, as transformers stores them."""

import json
from pathlib import Path

from app.errors import UserError, first_line
from app.metrics.features.align_text import text_shapes
from app.metrics.features.align_vision import vision_blocks, vision_shapes
from app.metrics.features.tensors import as_expected
from app.metrics.features.torch_file import read_tensors

SOURCE = "https://huggingface.co/kakaobrain/align-base"
FOLDER = Path("~/.cache/noisewise/align-base")
FILES = ("model.safetensors", "pytorch_model.bin")  # either one
BESIDE = ("config.json", "vocab.txt")
# What a config leaves out: the values of EfficientNet-B7 and of BERT (base, uncased).
VISION = {
    "width_coefficient": 2.0,
    "depth_coefficient": 3.1,
    "kernel_sizes": [3, 3, 5, 3, 5, 5, 3],
    "in_channels": [32, 16, 24, 40, 80, 112, 192],
    "out_channels": [16, 24, 40, 80, 112, 192, 320],
    "depthwise_padding": [],
    "strides": [1, 2, 2, 2, 1, 2, 1],
    "num_block_repeats": [1, 2, 2, 3, 3, 4, 1],
    "expand_ratios": [1, 6, 6, 6, 6, 6, 6],
    "squeeze_expansion_ratio": 0.25,
    "batch_norm_eps": 1e-3,
    "num_channels": 3,
    "depth_divisor": 8,
    "hidden_act": "swish",
    "pooling_type": "mean",
}
TEXT = {
    "vocab_size": 30522,
    "hidden_size": 768,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "intermediate_size": 3072,
    "max_position_embeddings": 512,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "hidden_act": "gelu",
    "position_embedding_type": "absolute",
}
# Settings of which the networks know these values only.
FIXED = {
    "vision_config": {
        "num_channels": (3,),
        "depth_divisor": (8,),
        "hidden_act": ("swish", "silu"),
        "pooling_type": ("mean",),
    },
    "text_config": {"hidden_act": ("gelu",), "position_embedding_type": ("absolute",)},
}


def load_align(folder=None):
    """Loads tensors and configuration of an AlignModel, 172 million numbers if it is the published.

    Args:
        folder: path; holds `model.safetensors` or `pytorch_model.bin`, `config.json` and
            `vocab.txt`. None: `~/.cache/noisewise/align-base`.

    Returns:
        folder, vision tensors, text tensors, config; the tensors float32 by name, the config a
        dict with the whole `vision_config` and `text_config`.

    Raises:
        UserError: if a file is missing or damaged, the config asks for something else, or a tensor
            is missing, left over, of another shape or not finite.

    Example:
        ```python
        folder, vision, text, config = load_align("align-base")
        text["text_projection.bias"].shape  # (640,)
        ```
    """
    folder = Path(folder or FOLDER).expanduser()
    weights = next((folder / name for name in FILES if (folder / name).is_file()), None)
    missing = [] if weights else [" or ".join(FILES)]
    missing += [name for name in BESIDE if not (folder / name).is_file()]
    if missing:
        raise UserError(
            f"ALIGN's weights are not downloaded by themselves: get {', '.join(missing)} from "
            f"{SOURCE} and put them into the folder {folder}, or pass the folder that holds them "
            "as `weights` (of evaluate --extractor-weights)."
        )
    config = read_config(folder / "config.json")
    shapes = vision_shapes(config["vision_config"])
    words = text_shapes(config["text_config"], config["projection_dim"])
    tensors = checked(_read(weights), shapes | words, config["text_config"], weights)
    vision, text = ({name: tensors[name] for name in each} for each in (shapes, words))
    return folder, vision, text, config


def read_config(path):
    """Returns the whole configuration, or says which setting is not known here."""
    try:
        config = json.loads(Path(path).read_text(encoding="utf-8"))
        config["vision_config"] = VISION | config.get("vision_config", {})
        config["text_config"] = TEXT | config.get("text_config", {})
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(
            f"Expected the configuration of an AlignModel. Received {path}, which is none: "
            f"{first_line(error)}. Get the file again."
        ) from error
    for part, settings in FIXED.items():
        for setting, known in settings.items():
            if config[part][setting] not in known:
                raise UserError(
                    f"{path} has {part}.{setting}={config[part][setting]!r}; known are "
                    f"{', '.join(map(repr, known))}. Use the weights of {SOURCE}."
                )
    width = vision_blocks(config["vision_config"])[-1].outputs
    if config.setdefault("projection_dim", 640) != width:
        raise UserError(
            f"{path} has projection_dim={config['projection_dim']}, but its images become {width} "
            "numbers: texts and images would not compare. Get the file again."
        )
    return config


def checked(tensors, shapes, text_config, path):
    """Returns the tensors as float32, or says which one is missing, odd or left over.

    Known and dropped: BERT's pooler and the temperature, which embeddings do not depend on, the
    counters of batches and the list of positions that old files hold.

    Raises:
        UserError: if the tensors are not those the config describes.
    """
    width, told = text_config["hidden_size"], "It is not the AlignModel that config.json describes."
    unused = {
        "temperature": (),
        "text_model.pooler.dense.weight": (width, width),
        "text_model.pooler.dense.bias": (width,),
    }
    dropped = (".num_batches_tracked", "embeddings.position_ids")
    return as_expected(tensors, shapes | unused, path, told, dropped)


def _read(path):
    """Returns the tensors of either kind of file."""
    if path.suffix == ".bin":
        return read_tensors(path)
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        return load_file(path)
    except (SafetensorError, TypeError, KeyError) as error:
        raise UserError(
            f"Expected tensors in float32 or float16. Received {path}, which is damaged, cut off "
            f"or of another kind: {first_line(error)}. Get the file again."
        ) from error
