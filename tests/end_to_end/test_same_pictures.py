"""One seed, one picture: on both backends, in both SavedModels, at any batch size."""

import dataclasses
import os
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from app.build.sampling import build_sampler, drawing
from app.cli import main
from app.config import Sampling
from app.drawing.sample import Draw
from app.export.diffusion import export_sampler
from app.run import Run
from app.trained import load_trained

ROOT = Path(__file__).parents[2]
LABELS = np.arange(64, dtype="int32") % 10
BATCHES = (1, 7, 64)
KINDS = {
    "ddim": {},
    "dpm_solver": {"sampler": "dpm_solver", "guidance_interval": (0.5, 5.0)},
    "heun": {"sampler": "heun", "churn": 1.0},
    "predictor_corrector": {"sampler": "predictor_corrector", "moves": 2},
}

# Loads SavedModels where keras, jax and this repository cannot be imported.
SERVE = """
import sys
for name in ("keras", "jax", "app"):
    sys.modules[name] = None
import numpy as np, tensorflow as tf
labels = np.arange(64, dtype="int32") % 10
for folder in sys.argv[1:]:
    draw = tf.saved_model.load(folder).signatures["serving_default"]
    def images(batch):
        return np.concatenate([
            draw(seed=tf.constant(3), labels=tf.constant(labels[i:i + batch]),
                 guidance=tf.constant(1.0), steps=tf.constant(4),
                 first_index=tf.constant(i))["images"].numpy()
            for i in range(0, 64, batch)])
    np.savez(folder + "-served.npz", **{str(batch): images(batch) for batch in (1, 7, 64)})
"""

OTHER = """
import sys
from tests.end_to_end.test_same_pictures import draw_and_export
draw_and_export(*sys.argv[1:])
"""


def draw_and_export(runs, run_id, folder):
    """Draws with this process's backend and writes its SavedModel; for both backends alike."""
    recipe, model = load_trained(Run.open(run_id, runs))
    for kind, changes in KINDS.items():
        sampling = dataclasses.replace(recipe.sampling, seed=3, steps=4, guidance=1.0, **changes)
        options = drawing(sampling, model.pixel_range)
        drawn = {
            str(batch): model.sample(labels=LABELS, batch_size=batch, **options)
            for batch in BATCHES
        }
        np.savez(Path(folder) / f"{kind}-drawn.npz", **drawn)
        export_sampler(
            model,
            options["sampler"],
            Path(folder) / kind,
            guidance_interval=sampling.guidance_interval,
        )


def run_python(code, *arguments, **environment):
    subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        check=True,
        cwd=ROOT if "import tests" in code or "from tests" in code else "/",
        env={**os.environ, **environment},
    )


@pytest.mark.skipif(
    keras.backend.backend() == "jax", reason="the TensorFlow session compares both backends"
)
def test_one_seed_gives_one_picture_everywhere(tiny, tmp_path, record_property):
    runs, run_id = tiny
    pictures = {}
    for backend in ("tensorflow", "jax"):
        folder = tmp_path / backend
        folder.mkdir()
        run_python(OTHER, runs, run_id, folder, KERAS_BACKEND=backend)
        run_python(SERVE, *(folder / kind for kind in KINDS))
        for kind in KINDS:
            for where in ("drawn", "served"):
                for batch, images in np.load(folder / f"{kind}-{where}.npz").items():
                    pictures[kind, backend, where, batch] = images.astype(int)
    references = {kind: pictures[kind, "tensorflow", "drawn", "64"] for kind in KINDS}
    assert min(reference.std() for reference in references.values()) > 10
    assert np.abs(references["ddim"] - references["dpm_solver"]).mean() > 2
    for key, images in pictures.items():
        difference = np.abs(images - references[key[0]])
        # Floats agree to 1e-4 of the range; a pixel on the edge of rounding moves one grey level.
        assert difference.max() <= 1, (key, difference.max())
        assert np.mean(difference > 0) < 0.01, key


@pytest.mark.skipif(
    keras.backend.backend() != "jax", reason="the test above serves what TensorFlow exports"
)
def test_the_saved_model_of_this_backend_samples_alone(tiny, tmp_path):
    runs, run_id = tiny
    assert main(["export", run_id, "--runs", str(runs)]) == 0
    sampler = shutil.copytree(runs / run_id / "saved_model" / "sampler", tmp_path / "sampler")
    run_python(SERVE, sampler)
    recipe, model = load_trained(Run.open(run_id, runs))
    own = model.sample(
        labels=LABELS,
        seed=3,
        steps=4,
        guidance=1.0,
        sampler=build_sampler(recipe.sampling, model.pixel_range),
    )
    for images in np.load(f"{sampler}-served.npz").values():
        assert np.abs(images.astype(int) - own).max() <= 1


def test_the_verb_takes_another_sampler_and_an_interval(tiny):
    runs, run_id = tiny
    folders = []
    for options in (
        ["--sampler", "ddim"],
        ["--sampler", "dpm_solver"],
        ["--sampler", "dpm_solver", "--guidance-interval", "0.5", "5"],
    ):
        before = set((runs / run_id / "samples").iterdir())
        arguments = ["--runs", str(runs), "--count", "20", "--seed", "8", *options]
        assert main(["sample", run_id, *arguments]) == 0
        folders += set((runs / run_id / "samples").iterdir()) - before
    images = [np.load(folder / "images-000000.npz")["images"].astype(int) for folder in folders]
    assert len(images) == 3
    assert (images[0] != images[1]).any() and (images[1] != images[2]).any()


def test_samples_drawn_before_there_was_an_interval_are_found_again():
    # The digest of this request, computed before `guidance_interval` was a field.
    assert (
        Draw(count=10, labels=(1, 2), sampling=Sampling(steps=4, guidance=1.0)).digest
        == "63acd0a319"
    )
