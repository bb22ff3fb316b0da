"""The exported sampler or classifier as a registered MLflow model, free of this repository."""

import contextlib
import importlib.metadata
import io
from pathlib import Path

from app.errors import UserError

OPTIONS = {"seed": 0, "guidance": 0.0, "steps": 50, "first_index": 0}
SERVED = Path(__file__).parent / "served_model.py"


def send_model(mirror):
    """Logs the SavedModel of a run to MLflow and registers it as `noisewise-<recipe>`.

    That is `saved_model/sampler` or `saved_model/classifier`. The defaults of seed, guidance, steps
    and first_index are those of the manifest's `sampling` field where it has them. What is
    unchanged is not logged again; the runs of a table, which would fill the registry, never are.
    Takes about a second.

    Args:
        mirror: the `Mirror` of the run, with a client.

    Raises:
        UserError: the SavedModel lacks the signature the export writes (see `served_model.py`).

    Example:
        ```python
        sync(run)
        sampler = mlflow.pyfunc.load_model("models:/noisewise-digits/1")
        sampler.predict(numpy.arange(10, dtype="int32"), params={"seed": 7, "steps": 20})
        ```
    """
    run, sent = mirror.run, mirror.sent
    folders = [run.folder / "saved_model" / name for name in ("sampler", "classifier")]
    folder = next((path for path in folders if (path / "saved_model.pb").is_file()), None)
    if folder is None or run.manifest.get("parent"):
        return
    stamp = (folder / "saved_model.pb").stat().st_mtime_ns
    if sent["model"] and sent["model"]["stamp"] == stamp:
        return
    import mlflow
    from mlflow.models import Model

    signature, example = _signature(folder, run)
    run_id = sent["run_id"]
    # Made by hand: Model.log alone would put it into the default experiment, in ./mlruns.
    model = mirror.client.create_logged_model(
        mirror.client.get_run(run_id).info.experiment_id, folder.name, source_run_id=run_id
    )
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        info = Model.log(
            None,
            flavor=mlflow.pyfunc,
            name=folder.name,
            model_id=model.model_id,
            run_id=run_id,
            registered_model_name=f"noisewise-{_name(run)}",
            await_registration_for=None,
            python_model=str(SERVED),
            artifacts={"program": str(folder)},
            signature=signature,
            input_example=example,
            pip_requirements=[
                f"{name}=={importlib.metadata.version(name)}"
                for name in ("mlflow", "tensorflow", "numpy")
            ],
            metadata={"noisewise_run_id": run.id},
        )
    version = int(info.registered_model_version)
    sent["model"] = {"stamp": stamp, "version": version, "uri": info.model_uri}


def _signature(folder, run):
    """The MLflow signature of a SavedModel, and an example of its input."""
    import numpy as np
    from mlflow.models import ModelSignature
    from mlflow.types import ParamSchema, ParamSpec, Schema, TensorSpec

    from app.tracking.served_model import read_signature

    inputs, outputs = read_signature(folder)
    if set(inputs) == {"images"} and "probabilities" in outputs:
        (kind, shape), (result, result_shape) = inputs["images"], outputs["probabilities"]
        given, found = (
            Schema([TensorSpec(np.dtype(dtype), (-1, *axes[1:]))])
            for dtype, axes in ((kind, shape), (result, result_shape))
        )
        return ModelSignature(inputs=given, outputs=found), np.zeros((4, *shape[1:]), kind)
    conditions = [name for name in inputs if name not in OPTIONS]
    named = sorted(conditions) == ["labels", "start"]  # then the input is a dictionary
    if not (named or len(conditions) == 1) or "images" not in outputs:
        raise UserError(
            f"The SavedModel {folder} takes {sorted(inputs)} and gives {sorted(outputs)}; a "
            f"sampler takes labels (or count, or labels and start) besides {', '.join(OPTIONS)} "
            "and gives images. Export it anew."
        )
    shapes = {name: (kind, shape or (1,)) for name, (kind, shape) in inputs.items()}
    examples = {
        name: np.zeros([4 if size == -1 else size for size in shape], kind)
        for name, (kind, shape) in shapes.items()
        if name in conditions
    }
    if "count" in examples:
        examples["count"][:] = 4
    defaults = {**OPTIONS, **(run.manifest.get("sampling") or {})}
    options = ParamSchema(
        [
            ParamSpec(name, "double" if name == "guidance" else "long", type(zero)(defaults[name]))
            for name, zero in OPTIONS.items()
            if name in inputs
        ]
    )
    images_kind, images_shape = outputs["images"]
    return (
        ModelSignature(
            inputs=Schema(
                [
                    TensorSpec(np.dtype(kind), shape, name=name if named else None)
                    for name, (kind, shape) in shapes.items()
                    if name in conditions
                ]
            ),
            outputs=Schema([TensorSpec(np.dtype(images_kind), (-1, *images_shape[1:]))]),
            params=options,
        ),
        examples if named else examples[conditions[0]],
    )


def _name(run):
    """The recipe as it may stand in the name of a registered model."""
    stem = Path(run.recipe).stem if run.recipe.endswith(".py") else run.recipe
    return "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in stem)
