"""The text side of ALIGN: a BERT encoder whose first token becomes the embedding."""

import numpy as np
from keras import ops

from app.metrics.features.variables import keep

MASKED = -1e9  # added to the attention of padding: its weight is exactly 0 in float32
QKV = ("query", "key", "value")


def text_shapes(config, dimension):
    """Returns the shapes of the tensors the network needs by their names in an AlignModel.

    Args:
        config: dict; the `text_config` of an AlignModel, whole.
        dimension: int; numbers of an embedding.
    """
    width, inner = config["hidden_size"], config["intermediate_size"]
    tables = {"word": "vocab_size", "position": "max_position_embeddings"}
    tables["token_type"] = "type_vocab_size"
    shapes = {
        f"text_model.embeddings.{name}_embeddings.weight": (config[size], width)
        for name, size in tables.items()
    }
    pairs = {"text_model.embeddings.LayerNorm": (width,), "text_projection": (dimension, width)}
    for layer in layer_names(config):
        pairs |= {f"{layer}.attention.self.{part}": (width, width) for part in QKV}
        pairs |= {f"{layer}.attention.output.dense": (width, width)}
        pairs |= {f"{layer}.intermediate.dense": (inner, width)}
        pairs |= {f"{layer}.output.dense": (width, inner)}
        pairs |= {f"{layer}.{part}.LayerNorm": (width,) for part in ("attention.output", "output")}
    for name, shape in pairs.items():
        shapes |= {f"{name}.weight": shape, f"{name}.bias": shape[:1]}
    return shapes


def layer_names(config):
    """Returns the prefix of the tensors of each layer."""
    return [f"text_model.encoder.layer.{i}" for i in range(config["num_hidden_layers"])]


class TextNetwork:
    """Computes text embeddings, for inference only.

    Formula, one layer: `x = norm(x + attention(x)); x = norm(x + W2 gelu(W1 x))`, gelu by the
    error function; attention is `softmax(q k / sqrt(head width)) v` over tokens that are no
    padding. The embedding is `W x[first token] + b`.

    Args:
        tensors: dict of the arrays of `text_shapes`, axes (out, in).
        config: dict; the `text_config` of an AlignModel, whole.

    Call arguments:
        tokens: int32 `(batch, length)`; numbers of pieces, filled up with any number.
        mask: float32 `(batch, length)`; 1 for a piece, 0 for padding.

    Output shape:
        `(batch, dimension)`, not normalised; 640 for the published weights.

    References:
        Devlin et al. 2019, arXiv:1810.04805v2; Jia et al. 2021, arXiv:2102.05918v2, section 4.
    """

    def __init__(self, tensors, config):
        self.layers, self.heads = layer_names(config), config["num_attention_heads"]
        self.epsilon, self.weights = config["layer_norm_eps"], {}
        names = [name.removesuffix(".weight") for name in tensors if name.endswith(".weight")]
        for name in names:
            arrays = [tensors[f"{name}.weight"]]
            if f"{name}.bias" in tensors:
                arrays = [arrays[0].T, tensors[f"{name}.bias"]]  # of a vector, T is the vector
            self.weights[name] = keep(*arrays)
        for kind in ("word", "position", "token_type"):
            self.weights[kind] = self.weights.pop(f"text_model.embeddings.{kind}_embeddings")
        self.variables = [variable for each in self.weights.values() for variable in each]

    def _dense(self, name, x):
        kernel, bias = self.weights[name]
        return ops.matmul(x, kernel) + bias

    def _normalize(self, name, x):
        gamma, beta = self.weights[name]
        centred = x - ops.mean(x, axis=-1, keepdims=True)
        variance = ops.mean(ops.square(centred), axis=-1, keepdims=True)
        return centred * ops.rsqrt(variance + self.epsilon) * gamma + beta

    def _attend(self, layer, x, masked):
        _, length, width = x.shape
        head = width // self.heads
        query, key, value = (
            ops.transpose(
                ops.reshape(
                    self._dense(f"{layer}.attention.self.{part}", x),
                    (-1, length, self.heads, head),
                ),
                (0, 2, 1, 3),
            )
            for part in QKV
        )
        scores = ops.matmul(query, ops.transpose(key, (0, 1, 3, 2))) / np.sqrt(head).item()
        found = ops.matmul(ops.softmax(scores + masked, axis=-1), value)
        return ops.reshape(ops.transpose(found, (0, 2, 1, 3)), (-1, length, width))

    def __call__(self, tokens, mask):
        """Returns the projection of the first token of the last layer."""
        (words,), (positions,), (kinds,) = (
            self.weights[kind] for kind in ("word", "position", "token_type")
        )
        x = ops.take(words, tokens, axis=0) + kinds[0] + positions[: tokens.shape[1]]
        x = self._normalize("text_model.embeddings.LayerNorm", x)
        masked = (1 - mask)[:, None, None, :] * MASKED
        for layer in self.layers:
            found = self._dense(f"{layer}.attention.output.dense", self._attend(layer, x, masked))
            x = self._normalize(f"{layer}.attention.output.LayerNorm", x + found)
            found = ops.gelu(self._dense(f"{layer}.intermediate.dense", x), approximate=False)
            found = self._dense(f"{layer}.output.dense", found)
            x = self._normalize(f"{layer}.output.LayerNorm", x + found)
        return self._dense("text_projection", x[:, 0])
