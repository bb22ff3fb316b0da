"""Makes the fixtures of test_diffusers_weights.py: tiny random `UNet2DModel`s with one output each.

Run once, from the root, in an environment with torch 2.13.0, diffusers 0.42.1 and safetensors:
    python tests/app/models/make_unet_fixture.py tests/app/models/fixtures
With `--ddpm-cifar10` the folder receives instead one model of the full shape of
google/ddpm-cifar10-32 (35.7 million random weights, 143 MB; not committed).
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from diffusers import UNet2DModel

DDPM = {
    "sample_size": 32,
    "block_out_channels": (128, 256, 256, 256),
    "down_block_types": ("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"),
    "attention_head_dim": None,
    "downsample_padding": 0,
    "flip_sin_to_cos": False,
    "freq_shift": 1,
    "norm_eps": 1e-6,
}
TINY = {
    # As google/ddpm-*: sine first, shift 1, one head, padding below and to the right.
    "ddpm": {
        **DDPM,
        "sample_size": 16,
        "block_out_channels": (16, 32),
        "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
        "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
        "layers_per_block": 1,
        "norm_num_groups": 8,
    },
    # As diffusers' own defaults: cosine first, heads of 8, padding all round; with classes.
    "classes": {
        "sample_size": 8,
        "in_channels": 1,
        "out_channels": 1,
        "block_out_channels": (16, 16),
        "down_block_types": ("AttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "AttnUpBlock2D"),
        "layers_per_block": 1,
        "norm_num_groups": 4,
        "resnet_time_scale_shift": "scale_shift",
        "attn_norm_num_groups": 4,
        "num_class_embeds": 3,
    },
}


def make(folder, config):
    torch.manual_seed(0)
    model = UNet2DModel(**config).eval()
    with torch.no_grad():  # so that no normalization or bias is trivial
        for _, parameter in model.named_parameters():
            if parameter.ndim == 1:
                parameter.add_(0.2 * torch.randn_like(parameter))
        size, channels = config["sample_size"], config.get("in_channels", 3)
        inputs = torch.randn(2, channels, size, size)
        time = torch.tensor([0, 721])
        labels = torch.tensor([2, 0]) if "num_class_embeds" in config else None
        outputs = model(inputs, time, class_labels=labels).sample
    model.save_pretrained(folder)
    arrays = {"inputs": inputs, "outputs": outputs}
    arrays = {key: value.numpy().transpose(0, 2, 3, 1) for key, value in arrays.items()}
    if labels is not None:
        arrays["labels"] = labels.numpy()
    np.savez(folder / "example.npz", time=time.numpy(), **arrays)
    print(folder, sum(p.numel() for p in model.parameters()), float(outputs.std()))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--ddpm-cifar10", action="store_true")
    arguments = parser.parse_args()
    if arguments.ddpm_cifar10:
        make(arguments.folder, DDPM)
    else:
        for name, config in TINY.items():
            make(arguments.folder / f"unet_{name}", config)
