"""Ways to draw from one run, each scored and timed: the rows of a comparison, which goes on."""

import csv
import dataclasses
import hashlib
import io
import json
import time

from app.build.data import build_data
from app.build.sampling import class_labels, drawing
from app.config import Sampling
from app.drawing.sample import Draw, is_drawn
from app.files import write_atomically
from app.measuring.evaluate import asked_reference, asked_samples, names_of
from app.measuring.measure_run import measuring
from app.metrics.evaluation import scores_of
from app.models.sampling import draw_images
from app.progress import console
from app.trained import load_trained

COLUMNS = ("weights", "sampler", "steps", "guidance", "samples", "seconds_an_image")


@dataclasses.dataclass(frozen=True)
class Trial:
    """One way to draw: which weights, which sampling, and what of it is not the recipe's."""

    weights: str
    sampling: Sampling
    settings: str = ""

    @property
    def sampler(self):
        """The sampler with its settings, as words: "ddim, eta 0"."""
        return ", ".join(filter(None, (self.sampling.sampler, self.settings)))

    def __str__(self):
        sampling = self.sampling
        guidance = f", guidance {sampling.guidance:g}" if sampling.guidance else ""
        return f"{self.weights}, {self.sampler}, {sampling.steps} steps{guidance}"


def run_trials(run, trials, options, name):
    """Draws, scores and times each trial; leaves <name>.json and <name>.csv in the run.

    A row is written as soon as it is measured, and one that is there is not measured again: a
    stopped comparison goes on, and a larger one takes up the smaller. So do samples that any
    evaluation of the same request has drawn. All trials share seed, indices and labels.

    Args:
        run: a `Run` of kind diffusion.
        trials: list of `Trial`, already checked.
        options: as in `app.options.Evaluate`.
        name: str; of the files.

    Returns:
        (rows, requests): a dict a trial with `COLUMNS` and "scores", records of Score by name; and
        the `Draw` of each, whose images lie in the run's samples.

    Raises:
        UserError, ValueError: a metric cannot be computed; said before anything is drawn.
    """
    samples = asked_samples(options)
    recipe, model = load_trained(run, trials[0].weights)
    images = build_data(recipe, options.data_directory)
    reference = asked_reference(recipe, images, options)
    asked = names_of(options.metrics)
    metrics, look = measuring(run, recipe, images, model, samples, reference, asked, options.prompt)
    if asked is None:
        metrics = [metric for metric in metrics if metric != "nearest"]
    path, rows, requests, loaded = run.path(f"{name}.json"), [], [], trials[0].weights
    known, timed = _known(path), {}
    for number, trial in enumerate(trials, start=1):
        request = Draw(samples, (), trial.sampling, weights=trial.weights)
        key = _digest(request, metrics, reference, options.prompt)
        if key not in known or not is_drawn(run, f"evaluation-{request.digest}"):
            if trial.weights != loaded:  # into the same model: its samplers stay compiled
                model.set_weights(load_trained(run, trial.weights)[1].get_weights())
                loaded = trial.weights
            seen = look(request)
            scores = {each: score.as_dict() for each, score in scores_of(seen, metrics).items()}
            if trial.sampling not in timed:  # which weights are drawn with takes no other time
                timed[trial.sampling] = seconds_an_image(model, trial.sampling, samples)
            known[key] = _row(trial, samples, timed[trial.sampling], scores)
        rows.append(known[key])
        requests.append(request)
        _write(path, known)
        first = next(iter(known[key]["scores"].values()))
        console.print(
            f"{number}/{len(trials)}  {trial}: {first['name']} {first['value']:.4g}, "
            f"{known[key]['seconds_an_image']:.3g} s an image"
        )
    write_atomically(path.with_suffix(".csv"), as_csv(rows))
    return rows, requests


def seconds_an_image(model, sampling, samples):
    """Seconds to draw an image in a full batch, compiling left out: one batch, timed once."""
    count = min(sampling.batch_size, samples)
    arguments = {**drawing(sampling, model.pixel_range), "batch_size": count}
    labels = class_labels(model, count)
    draw_images(model, count, labels, **{**arguments, "steps": 1})  # compiles; steps are an input
    begin = time.perf_counter()
    draw_images(model, count, labels, **arguments)
    return (time.perf_counter() - begin) / count


def as_csv(rows):
    """The rows as CSV: the columns of a trial, then value, floor and interval of each score."""
    names = dict.fromkeys(name for row in rows for name in row["scores"])
    parts = ("value", "floor", "interval_low", "interval_high")
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*COLUMNS, *(f"{name}.{part}" for name in names for part in parts)])
    for row in rows:
        cells = [row[column] for column in COLUMNS]
        for name in names:
            score = row["scores"].get(name, {})
            low, high = score.get("interval") or (None, None)
            cells += [score.get("value"), score.get("floor"), low, high]
        writer.writerow(cells)
    return text.getvalue()


def _row(trial, samples, seconds, scores):
    """What is kept of a trial."""
    sampling = trial.sampling
    values = (
        trial.weights,
        trial.sampler,
        sampling.steps,
        sampling.guidance,
        samples,
        seconds,
    )
    return {**dict(zip(COLUMNS, values, strict=True)), "scores": scores}


def _digest(request, metrics, reference, prompt):
    """Names a row: what was drawn, what was measured, against what."""
    parts = [request.digest, *metrics, reference.digest, reference.words, prompt]
    parts += [reference.extractor.name, reference.extractor.digest]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _known(path):
    """The rows by key that an earlier comparison left; none where there is no whole file."""
    try:
        rows = dict(json.loads(path.read_text(encoding="utf-8")))
        whole = all(set(COLUMNS) < set(row) and row["scores"] for row in rows.values())
        return rows if whole else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _write(path, rows):
    """Writes all rows, those of other comparisons of this run too."""
    write_atomically(path, json.dumps(rows, indent=1) + "\n")
