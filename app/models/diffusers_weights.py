"""Loads the checkpoint of a diffusers `UNet2DModel` into our U-Net."""

import json
from pathlib import Path

import numpy as np

from app.errors import UserError
from app.models.unet import Unet
from app.models.unet_parts import Stage

WEIGHTS_NAME = "diffusion_pytorch_model.safetensors"
# What `UNet2DModel` assumes where a config says nothing (diffusers 0.42).
DEFAULTS = {
    "sample_size": None,
    "in_channels": 3,
    "out_channels": 3,
    "center_input_sample": False,
    "time_embedding_type": "positional",
    "time_embedding_dim": None,
    "freq_shift": 0,
    "flip_sin_to_cos": True,
    "mid_block_type": "UNetMidBlock2D",
    "layers_per_block": 2,
    "mid_block_scale_factor": 1,
    "downsample_padding": 1,
    "downsample_type": "conv",
    "upsample_type": "conv",
    "dropout": 0.0,
    "act_fn": "silu",
    "attention_head_dim": 8,
    "norm_num_groups": 32,
    "attn_norm_num_groups": None,
    "norm_eps": 1e-5,
    "resnet_time_scale_shift": "default",
    "add_attention": True,
    "class_embed_type": None,
    "num_class_embeds": None,
}
# Settings of which the U-Net knows one value only.
FIXED = {
    "center_input_sample": (False,),
    "time_embedding_type": ("positional",),
    "mid_block_type": ("UNetMidBlock2D",),
    "mid_block_scale_factor": (1,),
    "downsample_padding": (0, 1),
    "downsample_type": ("conv",),
    "upsample_type": ("conv",),
    "act_fn": ("silu", "swish"),
    "resnet_time_scale_shift": ("default", "scale_shift"),
    "class_embed_type": (None,),
}
OLD_ATTENTION = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}


def unet_from_diffusers(folder, last_class_is_null=False):
    """Builds the U-Net that a diffusers checkpoint describes and gives it its weights.

    Use it to sample from, evaluate or fine-tune a published model: the output equals that of
    `UNet2DModel` to float32 rounding (1e-4), with time = diffusers' `timestep`.

    Args:
        folder: path; holds `config.json` and `diffusion_pytorch_model.safetensors` (a `unet/`
            folder below it is found too).
        last_class_is_null: bool; how to read `num_class_embeds` = n. False: n classes, and the null
            row of ours, which the checkpoint lacks, is zeros. True: n - 1 classes, and the last
            row is the null row of guidance.

    Returns:
        A built `Unet`.

    Raises:
        UserError: if a file is missing, the config asks for something that `Unet` does not have, or
            a weight is missing, left over or of another shape.

    Example:
        ```python
        network = unet_from_diffusers("ddpm-cifar10-32")
        noise = network(np.zeros((1, 32, 32, 3)), np.array([999.0]))
        ```

    References:
        diffusers 0.42, `models/unets/unet_2d.py`. Attention keys of checkpoints before 0.15
        (query, key, value, proj_attn) are read as well.
    """
    folder = Path(folder)
    if not (folder / "config.json").is_file() and (folder / "unet/config.json").is_file():
        folder = folder / "unet"
    for name in ("config.json", WEIGHTS_NAME):
        if not (folder / name).is_file():
            raise UserError(
                f"A diffusers checkpoint is a folder with config.json and {WEIGHTS_NAME}; {name} "
                f"was not found in {folder}. Pass the folder that holds both."
            )
    from safetensors.numpy import load_file

    network = Unet(**unet_arguments(json.loads((folder / "config.json").read_text())))
    if network.classes and last_class_is_null:
        network = Unet.from_config({**network.get_config(), "classes": network.classes - 1})
    size = network.get_config()["image_size"]
    network.build((None, size, size, network.image_channels))
    assign(network, load_file(folder / WEIGHTS_NAME))
    return network


def unet_arguments(config):
    """The arguments of `Unet` for a config of `UNet2DModel`, or a UserError that says why not."""

    def refuse(setting, expected):
        raise UserError(
            f"This checkpoint has {setting}={config.get(setting)!r}; the U-Net supports {expected}."
        )

    config = {**DEFAULTS, **config}
    for setting, values in FIXED.items():
        if config[setting] not in values:
            refuse(setting, " or ".join(repr(value) for value in values))
    widths, down = config["block_out_channels"], config["down_block_types"]
    width, size = widths[0], config["sample_size"] or 32
    if any(value % width for value in widths):
        refuse("block_out_channels", "multiples of the first one")
    if config["time_embedding_dim"] not in (None, 4 * width):
        refuse("time_embedding_dim", f"4 times the first width, {4 * width}")
    if config["in_channels"] != config["out_channels"]:
        refuse("out_channels", f"as many as in_channels, {config['in_channels']}")
    if not isinstance(size, int):
        refuse("sample_size", "square images, one number")
    if not set(down) <= {"DownBlock2D", "AttnDownBlock2D"}:
        refuse("down_block_types", "DownBlock2D and AttnDownBlock2D")
    mirrored = [kind.replace("Down", "Up") for kind in reversed(down)]
    if list(config["up_block_types"]) != mirrored:
        refuse("up_block_types", f"the mirror of the way down, {mirrored}")
    scale_shift = config["resnet_time_scale_shift"] == "scale_shift"
    groups = config["norm_num_groups"]
    expected = (groups,) if scale_shift else (None, groups)
    if config["add_attention"] and config["attn_norm_num_groups"] not in expected:
        refuse("attn_norm_num_groups", f"norm_num_groups, {groups}")
    return {
        "image_channels": config["in_channels"],
        "image_size": size,
        "width": width,
        "multipliers": [value // width for value in widths],
        "blocks": config["layers_per_block"],
        "attention_resolutions": [
            size // 2**level for level, kind in enumerate(down) if kind == "AttnDownBlock2D"
        ],
        "middle_attention": config["add_attention"],
        "head_dimension": config["attention_head_dim"],
        "downsample": ("convolution", "padded_convolution")[config["downsample_padding"]],
        "dropout": config["dropout"],
        "scale_shift": scale_shift,
        "groups": groups,
        "epsilon": config["norm_eps"],
        "cosine_first": config["flip_sin_to_cos"],
        "frequency_shift": int(config["freq_shift"]),
        "classes": config["num_class_embeds"],
    }


def assign(network, tensors):
    """Gives a built `Unet` the weights of a diffusers state dict, name -> numpy array."""
    left = {name: np.asarray(value, "float32") for name, value in tensors.items()}

    def take(name):
        if name not in left:
            raise UserError(
                f"The checkpoint lacks the weight {name!r}: it is not the U-Net that "
                "its config.json describes."
            )
        return left.pop(name)

    def put(variable, value, name):
        if tuple(variable.shape) != value.shape:
            raise UserError(
                f"The checkpoint's weight {name!r} has the shape {value.shape}, but its "
                f"config.json asks for {tuple(variable.shape)} (axes in Keras order)."
            )
        variable.assign(value)

    def affine(layer, name):
        """A convolution (out, in, h, w), a matrix (out, in) or the pair of a normalization."""
        weight = take(f"{name}.weight")
        axes = {4: (2, 3, 1, 0), 2: (1, 0), 1: (0,)}[weight.ndim]
        first, second = layer.weights
        put(first, weight.transpose(axes), f"{name}.weight")
        put(second, take(f"{name}.bias"), f"{name}.bias")

    def stage(layer, name, i):
        for ours, theirs in (
            ("first_norm", "norm1"),
            ("first_convolution", "conv1"),
            ("projection", "time_emb_proj"),
            ("second_norm", "norm2"),
            ("second_convolution", "conv2"),
            ("shortcut", "conv_shortcut"),
        ):
            if getattr(layer.block, ours) is not None:
                affine(getattr(layer.block, ours), f"{name}.resnets.{i}.{theirs}")
        if layer.attention:
            attention(layer.attention, f"{name}.attentions.{i}")

    def attention(layer, name):
        for new, old in OLD_ATTENTION.items():
            for kind in ("weight", "bias"):
                if f"{name}.{old}.{kind}" in left:
                    left[f"{name}.{new}.{kind}"] = left.pop(f"{name}.{old}.{kind}")
        affine(layer.norm, f"{name}.group_norm")
        read = [f"{name}.{part}" for part in ("to_q", "to_k", "to_v")]
        for variable, kind in zip(layer.read.weights, ("weight", "bias"), strict=True):
            parts = [take(f"{part}.{kind}").squeeze() for part in read]
            put(variable, np.concatenate(parts).T, f"{name}.to_qkv.{kind}")
        out = f"{name}.to_out.0.weight"
        if out in left:
            left[out] = left[out].reshape(left[out].shape[:2])
        affine(layer.projection, f"{name}.to_out.0")

    def path(layers, name, between):
        """One half of the U-Net: stages numbered within a level, a resampling ends the level."""
        level = i = 0
        for layer in layers:
            if isinstance(layer, Stage):
                stage(layer, f"{name}.{level}", i)
                i += 1
            else:
                affine(layer, f"{name}.{level}.{between}.0.conv")
                level, i = level + 1, 0

    affine(network.first, "conv_in")
    affine(network.time_layers[0], "time_embedding.linear_1")
    affine(network.time_layers[1], "time_embedding.linear_2")
    if network.classes:
        table = take("class_embedding.weight")
        if len(table) == network.classes:  # no null row in the checkpoint
            table = np.concatenate([table, np.zeros_like(table[:1])])
        put(network.condition_embedding.table, table, "class_embedding.weight")
    path(network.encoder, "down_blocks", "downsamplers")
    for i, layer in enumerate(network.middle):
        stage(layer, "mid_block", i)
    path(network.decoder, "up_blocks", "upsamplers")
    affine(network.last_norm, "conv_norm_out")
    affine(network.last, "conv_out")
    if left:
        raise UserError(
            f"The checkpoint holds {len(left)} weights that its config.json does not explain, the "
            f"first being {min(left)!r}."
        )
