"""The 94 convolutions of the Inception network of 2015, by the names of both published files.

The network is a chain: five convolutions (the stem), then eleven blocks. A block is a tuple of
branches that read the same map; a branch is a tuple of steps, one after the other; a step is a
tuple of convolutions that read the same map, two of them where a branch forks. Outputs of branches
and forks are concatenated in the order written here.
"""

from dataclasses import dataclass

CLASSES = 1008  # 1,000 of ImageNet, the rest never trained


@dataclass(frozen=True)
class Convolution:
    """One convolution with its batch normalization.

    Args:
        name: str; in the PyTorch port, without `.conv` and `.bn`.
        graph_name: str; in the TensorFlow graph, without `/conv2d_params` and `/batchnorm`.
        kernel: (height, width) in pixels.
        inputs: int; channels that come in.
        outputs: int; channels that go out.
        stride: int; 1, or 2 to halve the map.
        padding: str; "same" or "valid".
    """

    name: str
    graph_name: str
    kernel: tuple[int, int]
    inputs: int
    outputs: int
    stride: int = 1
    padding: str = "same"

    def shapes(self):
        """Returns the shapes of its five tensors by their names in the PyTorch port."""
        tensors = {f"{self.name}.conv.weight": (self.outputs, self.inputs, *self.kernel)}
        for part in ("weight", "bias", "running_mean", "running_var"):
            tensors[f"{self.name}.bn.{part}"] = (self.outputs,)
        return tensors


STEM = (
    Convolution("Conv2d_1a_3x3", "conv", (3, 3), 3, 32, 2, "valid"),
    Convolution("Conv2d_2a_3x3", "conv_1", (3, 3), 32, 32, 1, "valid"),
    Convolution("Conv2d_2b_3x3", "conv_2", (3, 3), 32, 64),
    Convolution("Conv2d_3b_1x1", "conv_3", (1, 1), 64, 80, 1, "valid"),
    Convolution("Conv2d_4a_3x3", "conv_4", (3, 3), 80, 192, 1, "valid"),
)


@dataclass(frozen=True)
class Block:
    """One block: its branches, and how its last branch pools.

    Args:
        name: str; in the PyTorch port.
        branches: tuple of branches. The last one pools its input first, unless `pool` is "halve".
        pool: str; "average" (padding not counted) or "max" before the last branch, both over 3x3
            pixels with stride 1; "halve": one more branch, a 3x3 maximum with stride 2.
    """

    name: str
    branches: tuple
    pool: str = "average"

    def convolutions(self):
        """Returns all convolutions in the order of the forward pass, branch by branch."""
        return [each for branch in self.branches for step in branch for each in step]


def _branch(block, tower, inputs, steps):
    """Makes a branch of steps `(name, kernel, outputs, *stride)`; a list of them is a fork."""
    branch, position = [], 0
    for step in steps:
        forked = isinstance(step, list)
        scope = f"{tower}/mixed" if forked else tower
        position = 0 if forked else position
        convolutions = []
        for name, kernel, outputs, *stride in step if forked else [step]:
            scoped = f"{scope}/conv" + (f"_{position}" if position else "")
            halves = (*stride, "valid") if stride else ()
            convolutions.append(
                Convolution(f"{block}.{name}", scoped, kernel, inputs, outputs, *halves)
            )
            position += 1
        branch.append(tuple(convolutions))
        inputs = sum(each.outputs for each in convolutions)
    return tuple(branch)


def _block(name, graph, inputs, pool, towers):
    """Makes a block of the steps of each branch by the branch's scope in the graph."""
    return Block(
        name,
        tuple(
            _branch(name, f"{graph}/{tower}" if tower else graph, inputs, steps)
            for tower, steps in towers.items()
        ),
        pool,
    )


def _block_a(name, graph, inputs, pooled):
    double = [(f"branch3x3dbl_{i}", (3, 3), 96) for i in (2, 3)]
    towers = {
        "": [("branch1x1", (1, 1), 64)],
        "tower": [("branch5x5_1", (1, 1), 48), ("branch5x5_2", (5, 5), 64)],
        "tower_1": [("branch3x3dbl_1", (1, 1), 64), *double],
        "tower_2": [("branch_pool", (1, 1), pooled)],
    }
    return _block(name, graph, inputs, "average", towers)


def _block_b(name, graph, inputs):
    double = [("branch3x3dbl_2", (3, 3), 96), ("branch3x3dbl_3", (3, 3), 96, 2)]
    towers = {
        "": [("branch3x3", (3, 3), 384, 2)],
        "tower": [("branch3x3dbl_1", (1, 1), 64), *double],
    }
    return _block(name, graph, inputs, "halve", towers)


def _block_c(name, graph, width):
    single = [("branch7x7_2", (1, 7), width), ("branch7x7_3", (7, 1), 192)]
    kernels = {2: (7, 1), 3: (1, 7), 4: (7, 1)}
    double = [(f"branch7x7dbl_{i}", kernel, width) for i, kernel in kernels.items()]
    towers = {
        "": [("branch1x1", (1, 1), 192)],
        "tower": [("branch7x7_1", (1, 1), width), *single],
        "tower_1": [
            ("branch7x7dbl_1", (1, 1), width),
            *double,
            ("branch7x7dbl_5", (1, 7), 192),
        ],
        "tower_2": [("branch_pool", (1, 1), 192)],
    }
    return _block(name, graph, 768, "average", towers)


def _block_d(name, graph):
    cross = [("branch7x7x3_2", (1, 7), 192), ("branch7x7x3_3", (7, 1), 192)]
    towers = {
        "tower": [("branch3x3_1", (1, 1), 192), ("branch3x3_2", (3, 3), 320, 2)],
        "tower_1": [("branch7x7x3_1", (1, 1), 192), *cross, ("branch7x7x3_4", (3, 3), 192, 2)],
    }
    return _block(name, graph, 768, "halve", towers)


def _block_e(name, graph, inputs, pool):
    single, double = (
        [(f"{stem}a", (1, 3), 384), (f"{stem}b", (3, 1), 384)]
        for stem in ("branch3x3_2", "branch3x3dbl_3")
    )
    towers = {
        "": [("branch1x1", (1, 1), 320)],
        "tower": [("branch3x3_1", (1, 1), 384), single],
        "tower_1": [("branch3x3dbl_1", (1, 1), 448), ("branch3x3dbl_2", (3, 3), 384), double],
        "tower_2": [("branch_pool", (1, 1), 192)],
    }
    return _block(name, graph, inputs, pool, towers)


BLOCKS = (
    _block_a("Mixed_5b", "mixed", 192, 32),
    _block_a("Mixed_5c", "mixed_1", 256, 64),
    _block_a("Mixed_5d", "mixed_2", 288, 64),
    _block_b("Mixed_6a", "mixed_3", 288),
    _block_c("Mixed_6b", "mixed_4", 128),
    _block_c("Mixed_6c", "mixed_5", 160),
    _block_c("Mixed_6d", "mixed_6", 160),
    _block_c("Mixed_6e", "mixed_7", 192),
    _block_d("Mixed_7a", "mixed_8"),
    _block_e("Mixed_7b", "mixed_9", 1280, "average"),
    _block_e("Mixed_7c", "mixed_10", 2048, "max"),
)
CONVOLUTIONS = (*STEM, *(each for block in BLOCKS for each in block.convolutions()))


def tensor_shapes():
    """Returns the shapes of all 472 tensors by their names in the PyTorch port.

    Example:
        >>> sum(math.prod(shape) for shape in tensor_shapes().values())
        23885392
    """
    shapes = {}
    for convolution in CONVOLUTIONS:
        shapes.update(convolution.shapes())
    return {**shapes, "fc.weight": (CLASSES, 2048), "fc.bias": (CLASSES,)}
