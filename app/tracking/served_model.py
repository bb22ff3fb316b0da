"""A SavedModel of a run behind MLflow's pyfunc interface: a sampler or a classifier.

MLflow copies this file beside the model and runs it when the model is loaded: it must not import
anything of this repository.
"""

from pathlib import Path

import numpy as np
from mlflow.models import set_model
from mlflow.pyfunc import PythonModel

RESULTS = ("images", "probabilities")  # of a sampler, of a classifier


class SavedProgram:
    """A sampler, `predict(labels, params={"seed", "guidance", "steps", ...})`, or a classifier.

    Input shape of a sampler: `(n,)` int32 labels; `(n, attributes)` float32; or `(1,)`, the number
    of images of a model without conditions. Where the noise is images, a dictionary of labels and
    uint8 `start` images. Its output: uint8 `(n, height, width, channels)`.
    A classifier takes those images and gives float32 `(n, classes)`, probabilities.
    """

    def load_context(self, context):
        """Loads the SavedModel."""
        import tensorflow as tf

        self.module = tf.saved_model.load(context.artifacts["program"])
        self.function = self.module.signatures["serving_default"]

    def predict(self, context, model_input, params=None):
        """Runs it; parameters it does not have are ignored."""
        import tensorflow as tf

        specs = self.function.structured_input_signature[1]
        options, named = params or {}, isinstance(model_input, dict)
        arguments = {}
        for name, spec in specs.items():
            if name in options:
                value = options[name]
            else:
                value = np.asarray(model_input[name] if named else model_input)
            value = np.ravel(value)[0] if spec.shape.rank == 0 else value
            arguments[name] = tf.constant(value, spec.dtype)
        results = self.function(**arguments)
        return results[next(name for name in RESULTS if name in results)].numpy()


class ServedProgram(SavedProgram, PythonModel):
    """MLflow's side of it.

    MLflow asks for type hints on a `predict` defined in a `PythonModel` itself, with a warning at
    every load; the logged signature says more than hints could, so it is inherited.
    """


def read_signature(folder):
    """Reads what a SavedModel takes and gives, without loading it.

    Returns:
        Two dictionaries {name: (numpy type, shape with -1 for free axes)}, inputs and outputs of
        `serving_default`.
    """
    import tensorflow as tf
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    model = SavedModel.FromString((Path(folder) / "saved_model.pb").read_bytes())
    signature = model.meta_graphs[0].signature_def["serving_default"]

    def read(tensors):
        return {
            name: (
                tf.dtypes.as_dtype(info.dtype).as_numpy_dtype,
                tuple(axis.size for axis in info.tensor_shape.dim),
            )
            for name, info in tensors.items()
        }

    return read(signature.inputs), read(signature.outputs)


set_model(ServedProgram())
