"""Reads the Inception weights of 2015 out of the TensorFlow graph they were published in."""

from pathlib import Path

from app.errors import UserError
from app.metrics.features.inception_layout import CONVOLUTIONS

NORMALIZATION = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "moving_mean",
    "running_var": "moving_variance",
}


def constant_names():
    """Returns the name of each tensor's constant in the graph by its name in the PyTorch port."""
    names = {"fc.weight": "softmax/weights", "fc.bias": "softmax/biases"}
    for each in CONVOLUTIONS:
        names[f"{each.name}.conv.weight"] = f"{each.graph_name}/conv2d_params"
        for ours, theirs in NORMALIZATION.items():
            names[f"{each.name}.bn.{ours}"] = f"{each.graph_name}/batchnorm/{theirs}"
    return names


def read_graph(path):
    """Reads the tensors of `classify_image_graph_def.pb` under the names of the PyTorch port.

    Args:
        path: file; a serialised GraphDef.

    Returns:
        dict of name to array, axes as in PyTorch: (out, in, height, width) and (out, in). Constants
        that the graph lacks are left out.

    Raises:
        UserError: if the file is no graph, or has none of the constants.

    Example:
        ```python
        read_graph("classify_image_graph_def.pb")["fc.bias"].shape  # (1008,)
        ```
    """
    import tensorflow as tf
    from google.protobuf.message import DecodeError

    graph = tf.compat.v1.GraphDef()
    try:
        graph.ParseFromString(Path(path).read_bytes())
    except DecodeError:
        graph.Clear()
    constants = {node.name: node for node in graph.node if node.op == "Const"}
    tensors = {}
    for name, constant in constant_names().items():
        if constant in constants:
            array = tf.make_ndarray(constants[constant].attr["value"].tensor)
            axes = {4: (3, 2, 0, 1), 2: (1, 0)}.get(array.ndim)
            tensors[name] = array if axes is None else array.transpose(axes)
    if not tensors:
        raise UserError(
            f"Expected Inception weights, a file of torch.save or the graph "
            f"classify_image_graph_def.pb. Received {path}, which is neither, or is cut off."
        )
    return tensors
