"""What a run says about itself in MLflow: parameters, tags, data set, use of the machine."""

import getpass
import json
import re
from datetime import datetime

ID_TAG = "noisewise.run_id"
LONGEST = 6000  # characters of a parameter in MLflow
PICTURES = re.compile(r"^!\[.*\n?", re.MULTILINE)  # which a note of MLflow cannot show


def parameters(config):
    """Flattens a configuration to dotted names.

    Returns:
        ({name: text}, [names whose text was cut to `LONGEST` characters]).

    Example:
        ```python
        parameters({"optimizer": {"learning_rate": 1e-3}})  # {"optimizer.learning_rate": "0.001"}
        ```
    """
    flat = dict(_flatten(config))
    cut = [name for name, text in flat.items() if len(text) > LONGEST]
    return {name: text[:LONGEST] for name, text in flat.items()}, cut


def _flatten(value, prefix=""):
    """Yields (dotted name, text) of every leaf; lists of plain values are one leaf."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _flatten(item, f"{prefix}.{name}" if prefix else str(name))
    else:
        text = value if isinstance(value, str) else json.dumps(value, default=str)
        yield clean_name(prefix)[:250], text


def experiment_name(run):
    """The MLflow experiment of a run: that of its kind, or that of the table it belongs to."""
    return f"noisewise-{run.manifest.get('experiment') or run.kind}"


def clean_name(name):
    """Replaces what MLflow does not take in the name of a metric or parameter."""
    return re.sub(r"[^\w\-. :/]", "_", name)


def tags(run):
    """The tags of the MLflow run: {name: text}, those without a value left out."""
    manifest = run.manifest
    git = manifest.get("git") or {}
    dataset = manifest.get("dataset") or {}
    device = manifest.get("device") or {}
    texts = [run.folder / name for name in ("model_card.md", "report.md")]
    text = next((path.read_text(encoding="utf-8") for path in texts if path.exists()), None)
    found = {
        ID_TAG: run.id,
        "noisewise.folder": run.folder.resolve(),
        "noisewise.recipe": run.recipe,
        "noisewise.kind": run.kind,
        "noisewise.status": run.status,
        "noisewise.reason": manifest.get("reason"),
        "noisewise.backend": manifest.get("backend"),
        "noisewise.device": " ".join(str(device[key]) for key in ("kind", "name") if key in device),
        "noisewise.git_dirty": str(git["dirty"]).lower() if git else None,
        "noisewise.data_digest": dataset.get("digest"),
        "mlflow.parentRunId": (manifest.get("parent") or {}).get("mlflow_run_id"),
        "noisewise.parent": (manifest.get("parent") or {}).get("id"),
        "noisewise.attention": json.dumps(manifest["attention"])
        if manifest.get("attention")
        else None,
        "noisewise.attributes": ", ".join(manifest.get("attributes") or ()),
        "noisewise.seeds": json.dumps(manifest["seeds"]) if manifest.get("seeds") else None,
        "mlflow.source.git.commit": git.get("commit"),
        "mlflow.source.name": f"python -m app {_command(run)}",
        "mlflow.source.type": "LOCAL",
        "mlflow.user": _user(),
        "mlflow.note.content": text and PICTURES.sub("", text),
    }
    return {name: str(value)[:LONGEST] for name, value in found.items() if value}


def _command(run):
    """Verb and what it was given: of a run, a table or an evaluation."""
    if run.kind == "reproduction":
        asked = run.config
        return f"reproduce {asked['table']} --budget {asked['budget']} --seeds {asked['seeds']}"
    if run.kind == "evaluation":
        return f"evaluate {run.manifest['subject']['name']}"
    return f"train {run.recipe}"


def dataset_input(dataset):
    """The data set of a manifest as an MLflow input, so that the UI shows it.

    Args:
        dataset: {"name", "version", "digest"}, optionally "source" and "samples".
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag

    name, digest = str(dataset["name"]), str(dataset.get("digest", ""))
    source = {"source": dataset.get("source", name), "version": dataset.get("version")}
    rest = {key: value for key, value in dataset.items() if key not in ("name", "digest")}
    entity = Dataset(
        name=name[:500],
        digest=digest[:36],  # MLflow's limit; the whole digest is in the tag and the profile
        source_type="noisewise",
        source=json.dumps(source, default=str),
        profile=json.dumps({**rest, "digest": digest}, default=str),
    )
    return DatasetInput(entity, [InputTag("mlflow.data.context", "training")])


def milliseconds(moment):
    """Milliseconds since 1970 of a time in ISO 8601, as manifests have them."""
    return int(datetime.fromisoformat(moment).timestamp() * 1000)


def _user():
    """The name of the user, if the system knows it."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return None
