"""The Inception network of 2015, folded for inference: the eyes of the Frechet Inception distance.

It is neither torchvision's nor `keras.applications`' Inception v3: 1,008 logits, batch
normalization with a scale, a maximum in the pooling branch of the last block, other weights.
"""

import keras
import numpy as np
from keras import ops

from app.metrics.features.inception_layout import BLOCKS, CLASSES, STEM

EPSILON = 1e-3  # of every batch normalization
SIZE = 299  # height and width of the input, in pixels
WIDTHS = {
    "64": 64,
    "192": 192,
    "768": 768,
    "2048": 2048,
    "logits_unbiased": CLASSES,
    "logits": CLASSES,
}


class InceptionNetwork:
    """Computes every feature of the network in one pass, for inference only.

    Two rewritings make it faster and change nothing but rounding. Batch normalization goes into the
    convolution before it. The 1x1 convolutions that read the map of a block become one, that of
    the pooling branch too: a convolution of one pixel and an average over pixels commute.

    Formula, one convolution: `relu(gamma * (w * x - mean) / sqrt(variance + 1e-3) + beta)`, kept as
    `relu(w' * x + b')` with `w' = w * gamma / sqrt(variance + 1e-3)`, in float64 until stored.

    Args:
        tensors: dict of the 472 arrays by their names in the PyTorch port, as
            `inception_weights.load_weights` returns them; axes (out, in, height, width).

    Call arguments:
        images: float32 `(batch, 299, 299, 3)`; RGB pixels x of 0 to 255 as (x - 128) / 128.

    Output shape:
        A dict: "64", "192", "768" and "2048", means over the pixels of the maps after the first
        and the second pooling, the block Mixed_6e and the last one, `(batch, name)`;
        "logits_unbiased", the logits without their bias, which the Inception score is made of,
        and "logits", both `(batch, 1008)`.

    Example:
        ```python
        network = InceptionNetwork(load_weights())
        network(np.zeros((1, 299, 299, 3), "float32"))["2048"].shape  # (1, 2048)
        ```

    References:
        Szegedy et al. 2015, arXiv:1512.00567v3; weights inception-2015-12-05, as Heusel et al.
        2017, arXiv:1706.08500v6, and Salimans et al. 2016, arXiv:1606.03498v1, use them.
    """

    def __init__(self, tensors):
        self.weights = {}
        for convolution in STEM:
            self._add(convolution.name, [convolution], tensors)
        for block in BLOCKS:
            heads = heads_of(block)
            self._add(block.name, heads, tensors)
            for convolution in block.convolutions():
                if convolution not in heads:
                    self._add(convolution.name, [convolution], tensors)
        self._keep("fc", np.transpose(tensors["fc.weight"]), tensors["fc.bias"])
        self.variables = [variable for pair in self.weights.values() for variable in pair]

    def _add(self, name, convolutions, tensors):
        """Keeps convolutions that read the same map as one, their outputs side by side."""
        kernels, biases = zip(*(folded(each, tensors) for each in convolutions), strict=True)
        self._keep(name, np.concatenate(kernels, axis=-1), np.concatenate(biases))

    def _keep(self, name, *arrays):
        self.weights[name] = [
            keras.Variable(np.ascontiguousarray(array, "float32"), dtype="float32", trainable=False)
            for array in arrays
        ]

    def _convolve(self, name, maps, stride=1, padding="same"):
        kernel, bias = self.weights[name]
        return ops.conv(maps, kernel, stride, padding, data_format="channels_last") + bias

    def _apply(self, convolution, maps):
        name, stride, padding = convolution.name, convolution.stride, convolution.padding
        return ops.relu(self._convolve(name, maps, stride, padding))

    def _block(self, block, maps):
        heads, together, end = {}, self._convolve(block.name, maps), 0
        for head in heads_of(block):
            start, end = end, end + head.outputs
            heads[head] = together[..., start:end]
        outputs = []
        for branch in block.branches:
            last = branch is block.branches[-1]
            (first,), *steps = branch
            if first in heads:
                pooled = last and block.pool == "average"
                branched = ops.relu(_average(heads[first]) if pooled else heads[first])
            else:
                pooled = last and block.pool == "max"
                branched = self._apply(first, _maximum(maps, 1, "same") if pooled else maps)
            for step in steps:
                parts = [self._apply(convolution, branched) for convolution in step]
                branched = ops.concatenate(parts, axis=-1) if len(parts) > 1 else parts[0]
            outputs.append(branched)
        if block.pool == "halve":
            outputs.append(_maximum(maps, 2, "valid"))
        return ops.concatenate(outputs, axis=-1)

    def __call__(self, images):
        """Returns the dict of features and logits."""
        found, maps = {}, images
        for convolution in STEM:
            maps = self._apply(convolution, maps)
            if convolution.name in ("Conv2d_2b_3x3", "Conv2d_4a_3x3"):
                maps = _maximum(maps, 2, "valid")
                found[str(convolution.outputs)] = ops.mean(maps, axis=(1, 2))
        for block in BLOCKS:
            maps = self._block(block, maps)
            if block.name in ("Mixed_6e", "Mixed_7c"):
                found[str(maps.shape[-1])] = ops.mean(maps, axis=(1, 2))
        kernel, bias = self.weights["fc"]
        found["logits_unbiased"] = ops.matmul(found["2048"], kernel)
        found["logits"] = found["logits_unbiased"] + bias
        return found


def heads_of(block):
    """The 1x1 convolutions that read the block's own map, or its average; one suffices for all."""
    firsts = [branch[0][0] for branch in block.branches]
    if block.pool == "max":  # a maximum does not commute with a convolution
        firsts.pop()
    return [first for first in firsts if first.kernel == (1, 1)]


def folded(convolution, tensors):
    """Returns kernel (height, width, in, out) and bias of a convolution with its normalization."""
    parts = ("weight", "bias", "running_mean", "running_var")
    gamma, beta, mean, variance = (
        np.asarray(tensors[f"{convolution.name}.bn.{part}"], "float64") for part in parts
    )
    scale = gamma / np.sqrt(variance + EPSILON)
    kernel = np.asarray(tensors[f"{convolution.name}.conv.weight"], "float64")
    return kernel.transpose(2, 3, 1, 0) * scale, beta - mean * scale


def _average(maps):
    """Average of the pixels of the map in a 3x3 window: padding is not counted."""
    return ops.average_pool(maps, 3, 1, padding="same", data_format="channels_last")


def _maximum(maps, stride, padding):
    return ops.max_pool(maps, 3, stride, padding=padding, data_format="channels_last")
