"""The image side of ALIGN: an EfficientNet without its last convolution, folded for inference."""

import math
from dataclasses import dataclass

import numpy as np
from keras import ops

from app.metrics.features.variables import keep

STEM = 32  # channels of the first convolution, before the width coefficient
DIVISOR = 8  # widths are multiples of it
NORMALIZATION = ("weight", "bias", "running_mean", "running_var")


@dataclass(frozen=True)
class Block:
    """One block: expand by 1x1, filter each channel, weigh the channels, project by 1x1.

    Args:
        name: str; the prefix of its tensors.
        inputs: int; channels that come in.
        inner: int; channels of the filter. Equal to `inputs`: there is no expansion.
        outputs: int; channels that go out.
        kernel: int; height and width of the filter, in pixels.
        stride: int; 1, or 2 to halve the map.
        padding: (int, int); zeros before and after each axis, where the stride is 2.
        squeezed: int; channels between the two matrices that weigh the channels.
        residual: bool; whether the input is added to the output.
    """

    name: str
    inputs: int
    inner: int
    outputs: int
    kernel: int
    stride: int
    padding: tuple[int, int]
    squeezed: int
    residual: bool

    def convolutions(self):
        """Returns (convolution, normalization, kernel shape) of its two or three convolutions."""
        steps = [
            (
                "depthwise_conv.depthwise_conv",
                "depthwise_conv.depthwise_norm",
                (self.inner, 1, self.kernel, self.kernel),
            ),
            (
                "projection.project_conv",
                "projection.project_bn",
                (self.outputs, self.inner, 1, 1),
            ),
        ]
        if self.inner != self.inputs:
            shape = (self.inner, self.inputs, 1, 1)
            steps.insert(0, ("expansion.expand_conv", "expansion.expand_bn", shape))
        return [(f"{self.name}.{first}", f"{self.name}.{second}", n) for first, second, n in steps]

    def gates(self):
        """Returns (matrix, kernel shape) of the two layers that weigh the channels."""
        return [
            (f"{self.name}.squeeze_excite.reduce", (self.squeezed, self.inner, 1, 1)),
            (f"{self.name}.squeeze_excite.expand", (self.inner, self.squeezed, 1, 1)),
        ]


def rounded(channels, coefficient):
    """Returns the width nearest to `channels * coefficient` that 8 divides, never 10 % below it.

    Example:
        >>> rounded(320, 2.0), rounded(40, 0.25)
        (640, 16)
    """
    wanted = channels * coefficient
    width = max(DIVISOR, int(wanted + DIVISOR / 2) // DIVISOR * DIVISOR)
    return width + DIVISOR if width < 0.9 * wanted else width


def vision_blocks(config):
    """Returns the blocks of a config, in order; 55 for EfficientNet-B7.

    Args:
        config: dict; the `vision_config` of an AlignModel, whole.
    """
    wide, deep, blocks = config["width_coefficient"], config["depth_coefficient"], []
    stages = [
        config[key]
        for key in ("in_channels", "out_channels", "kernel_sizes", "strides", "expand_ratios")
    ]
    for inputs, outputs, kernel, stride, ratio, repeats in zip(
        *stages, config["num_block_repeats"], strict=True
    ):
        for repeat in range(math.ceil(deep * repeats)):
            width = rounded(outputs if repeat else inputs, wide)
            symmetric = len(blocks) in config["depthwise_padding"]
            blocks.append(
                Block(
                    name=f"vision_model.encoder.blocks.{len(blocks)}",
                    inputs=width,
                    inner=width * ratio,
                    outputs=rounded(outputs, wide),
                    kernel=kernel,
                    stride=1 if repeat else stride,
                    padding=(kernel // 2 - (not symmetric), kernel // 2),
                    squeezed=max(1, int(width * config["squeeze_expansion_ratio"])),
                    residual=repeat > 0,  # HF: never the first of a stage, whatever its widths
                )
            )
    return blocks


def stem(config):
    """Returns (convolution, normalization, kernel shape) of the first convolution."""
    shape = (rounded(STEM, config["width_coefficient"]), 3, 3, 3)
    return "vision_model.embeddings.convolution", "vision_model.embeddings.batchnorm", shape


def vision_shapes(config):
    """Returns the shapes of the tensors the network needs by their names in an AlignModel."""
    shapes, blocks = {}, vision_blocks(config)
    steps = [stem(config), *(step for block in blocks for step in block.convolutions())]
    for convolution, normalization, shape in steps:
        shapes[f"{convolution}.weight"] = shape
        shapes |= {f"{normalization}.{part}": shape[:1] for part in NORMALIZATION}
    for block in blocks:
        for name, shape in block.gates():
            shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return shapes


class VisionNetwork:
    """Computes image embeddings, for inference only.

    Formula, one convolution: `gamma * (w * x - mean) / sqrt(variance + epsilon) + beta`, kept as
    `w' * x + b'` with `w' = w * gamma / sqrt(variance + epsilon)`, in float64 until stored; swish
    after all but the projection. The gate of a block is
    `x * sigmoid(expand(swish(reduce(mean over pixels of x))))`.

    Args:
        tensors: dict of the arrays of `vision_shapes`, axes (out, in, height, width).
        config: dict; the `vision_config` of an AlignModel, whole.

    Call arguments:
        images: float32 `(batch, height, width, 3)`; RGB pixels in [-1, 1].

    Output shape:
        `(batch, width of the last block)`, not normalised; 640 for EfficientNet-B7.

    References:
        Tan and Le 2019, arXiv:1905.11946v5; padding as in transformers' AlignVisionModel, which
        pads the first convolution by (0, 1) at odd sizes too.
    """

    def __init__(self, tensors, config):
        self.blocks = vision_blocks(config)
        self.stem, self.weights = stem(config), {}
        steps = [self.stem, *(step for block in self.blocks for step in block.convolutions())]
        for convolution, normalization, _ in steps:
            gamma, beta, mean, variance = (
                np.asarray(tensors[f"{normalization}.{part}"], "float64") for part in NORMALIZATION
            )
            scale = gamma / np.sqrt(variance + config["batch_norm_eps"])
            kernel = np.asarray(tensors[f"{convolution}.weight"], "float64").transpose(2, 3, 1, 0)
            folded = kernel * scale
            if "depthwise" in convolution:  # (height, width, channels, 1)
                folded = folded.swapaxes(2, 3)
            self.weights[convolution] = keep(folded, beta - mean * scale)
        for name, _ in (gate for block in self.blocks for gate in block.gates()):
            matrix = tensors[f"{name}.weight"][:, :, 0, 0].T
            self.weights[name] = keep(matrix, tensors[f"{name}.bias"])
        self.variables = [variable for pair in self.weights.values() for variable in pair]

    def _convolve(self, name, maps, stride=1, padding="valid"):
        kernel, bias = self.weights[name]
        convolve = ops.depthwise_conv if "depthwise" in name else ops.conv
        return convolve(maps, kernel, stride, padding, data_format="channels_last") + bias

    def _block(self, block, maps):
        *expansion, (filters, _, _), (project, _, _) = block.convolutions()
        x = maps
        for name, _, _ in expansion:
            x = ops.silu(self._convolve(name, x))
        if block.stride == 2:
            x = ops.pad(x, [(0, 0), block.padding, block.padding, (0, 0)])
        x = ops.silu(self._convolve(filters, x, block.stride, ("same", "valid")[block.stride - 1]))
        (reduce, reduce_bias), (expand, expand_bias) = (
            self.weights[name] for name, _ in block.gates()
        )
        gate = ops.silu(ops.matmul(ops.mean(x, axis=(1, 2)), reduce) + reduce_bias)
        gate = ops.sigmoid(ops.matmul(gate, expand) + expand_bias)
        x = self._convolve(project, x * gate[:, None, None, :])
        return x + maps if block.residual else x

    def __call__(self, images):
        """Returns the mean over the pixels of the last map."""
        maps = ops.pad(images, [(0, 0), (0, 1), (0, 1), (0, 0)])
        maps = ops.silu(self._convolve(self.stem[0], maps, 2))
        for block in self.blocks:
            maps = self._block(block, maps)
        return ops.mean(maps, axis=(1, 2))
