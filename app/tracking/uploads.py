"""The three kinds of data a mirror sends: numbers by epoch, images by epoch, files.

Each function sends what `mirror.sent` does not name yet, and adds it there.
"""

import json
import math
import re

from app.tracking.describing import clean_name

# Checkpoints and snapshots are large and for going on here; the sampler goes up as a model.
NEVER = ("checkpoints", "snapshots", "mirror.json", "images", "saved_model/sampler")
SMALL_BYTES = 1_000_000
PICTURES = (".png", ".jpg", ".jpeg")


def send_metrics(mirror):
    """Sends the rows of `metrics.jsonl` that are newer than the last one sent, then the scores."""
    from mlflow.entities import Metric

    rows = [row for row in mirror.run.rows() if row["time"] > mirror.sent["rows_until"]]
    metrics = [
        (Metric(clean_name(name), value, row["time"], row["step"]), row["time"])
        for row in rows
        for name, value in row.items()
        if name not in ("step", "time")
    ]
    for start in range(0, len(metrics), 1000):
        batch = metrics[start : start + 1000]
        mirror.client.log_batch(mirror.sent["run_id"], metrics=[metric for metric, _ in batch])
        # The last row of a batch may go on in the next one: sending a metric again is harmless.
        whole = start + 1000 >= len(metrics)
        mirror.sent["rows_until"] = batch[-1][1] if whole else batch[-1][1] - 1
    path = mirror.run.folder / "scores.json"
    if path.exists() and mirror.sent["files"].get("scores.json") != _stamp(path):
        time = int(path.stat().st_mtime * 1000)
        scores = flatten_scores(json.loads(path.read_text(encoding="utf-8")))
        mirror.client.log_batch(
            mirror.sent["run_id"],
            metrics=[Metric(clean_name(name), value, time, 0) for name, value in scores.items()],
        )


def flatten_scores(scores):
    """Names the numbers of `scores.json` for MLflow.

    Args:
        scores: dictionary by name of scores {"value", "samples", "floor", "interval", ...}, or of
            plain numbers.

    Returns:
        {"score/<name>": value, "score/<name>.samples": n, ".floor", ".interval_low", ...}: the UI
        makes a section of what comes before the first "/", and sorts a value beside its floor.
    """
    flat = {}
    for name, score in scores.items():
        score = score if isinstance(score, dict) else {"value": score}
        low, high = score.get("interval") or (None, None)
        numbers = {**score, "interval_low": low, "interval_high": high}
        for part in ("value", "samples", "floor", "interval_low", "interval_high"):
            value = numbers.get(part)
            if isinstance(value, (int, float)) and not math.isnan(value):
                flat[f"score/{name}" if part == "value" else f"score/{name}.{part}"] = float(value)
    return flat


def send_images(mirror):
    """Sends `images/<key>-<epoch>.png` as image `<key>` of that step, as the UI's grid wants it."""
    import PIL.Image

    folder = mirror.run.folder / "images"
    for path in sorted(folder.rglob("*")) if folder.is_dir() else ():
        name = path.relative_to(folder).as_posix()
        if path.suffix.lower() not in PICTURES or path.name.startswith("."):
            continue
        key, step = image_key(name)
        if [key, step] in mirror.sent["images"]:
            continue
        try:
            with PIL.Image.open(path) as image:
                image.load()
        except (OSError, SyntaxError) as error:  # half of it was written when the power went
            mirror.say(f"{path} is no whole picture ({error}) and is not uploaded. Remove it.")
            continue
        time = int(path.stat().st_mtime * 1000)
        mirror.client.log_image(
            mirror.sent["run_id"], image, key=key, step=step, timestamp=time, synchronous=True
        )
        mirror.sent["images"].append([key, step])


def image_key(name):
    """Splits the name of an image file into its key and its step (0 where it has none).

    `epoch-0005` counts from 1, as SampleGrid does, and is step 4, beside the metrics of that epoch.

    Example:
        ```python
        image_key("samples-0012.png")  # ("samples", 12)
        ```
    """
    stem = name.rsplit(".", 1)[0]
    match = re.fullmatch(r"(.*?)[-_]?(epoch[-_]?)?(\d+)", stem)
    key, step = (match[1], int(match[3])) if match else (stem, 0)
    if match and match[2]:
        step = max(0, step - 1)
    return re.sub(r"[^\w\-. /]", "_", key) or "image", step


def images_there(client, run_id):
    """The [key, step] of the images an MLflow run already holds."""
    names = (item.path.split("/")[-1] for item in client.list_artifacts(run_id, "images"))
    matches = (re.match(r"(.+?)\+step\+(\d+)\+.*\.webp$", name) for name in names)
    return [[match[1].replace("~", "/"), int(match[2])] for match in matches if match]


def send_files(mirror, everything):
    """Sends new and changed files as artifacts under the same path; the large ones at the end.

    Args:
        mirror: the `Mirror`.
        everything: False sends only figures and small files at the top of the run folder.
    """
    folder = mirror.run.folder
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if not path.is_file() or path.name.startswith(".") or _never(name):
            continue
        at_the_end = name == "metrics.jsonl" or path.stat().st_size > SMALL_BYTES
        small = not at_the_end and ("/" not in name or name.startswith("figures/"))
        stamp = _stamp(path)
        if mirror.sent["files"].get(name) == stamp or not (everything or small):
            continue
        parent = path.parent.relative_to(folder).as_posix()
        parent = None if parent == "." else parent
        mirror.client.log_artifact(mirror.sent["run_id"], str(path), parent)
        mirror.sent["files"][name] = stamp


def _never(name):
    """Whether a file stays out of MLflow."""
    return any(name == item or name.startswith(f"{item}/") for item in NEVER)


def _stamp(path):
    """What changes when a file changes: its size and its time, as JSON has them."""
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns]
