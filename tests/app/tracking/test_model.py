import json
import subprocess
import sys

import numpy as np
import pytest

from app.errors import UserError
from app.tracking import sync
from app.tracking.store import connect
from tests.app.tracking.recorded import make


def version(run):
    """The version of the registered model after a `sync`; None where there is none."""
    sync(run)
    sent = json.loads((run.folder / "mirror.json").read_text())["model"]
    return sent and sent["version"]


def save_sampler(run, conditional=True):
    """A tiny sampler whose pictures say what it was given."""
    import tensorflow as tf

    first = tf.TensorSpec((None,) if conditional else (), tf.int32)
    scalar = tf.TensorSpec((), tf.int32)
    specs = {"seed": scalar, "guidance": tf.TensorSpec((), tf.float32), "steps": scalar}
    specs = {**specs, "first_index": scalar, "labels" if conditional else "count": first}

    @tf.function
    def sample(seed, guidance, steps, first_index, labels=None, count=None):
        count = tf.size(labels) if count is None else count
        value = 100 * seed + 10 * steps + first_index + tf.cast(4 * guidance, tf.int32)
        value += tf.range(count) if labels is None else labels
        images = tf.ones((count, 2, 3, 1), tf.int32) * value[:, None, None, None]
        return {"images": tf.cast(images, tf.uint8)}

    module = tf.Module()
    module.sample = sample
    folder = str(run.path("saved_model", "sampler"))
    tf.saved_model.save(module, folder, signatures=sample.get_concrete_function(**specs))


def test_the_sampler_is_registered_and_samples_without_the_repository(tmp_path, store):
    run = make(tmp_path, recipe="my digits")
    run.update(sampling={"steps": 2, "guidance": 1.5})
    assert version(run) is None
    save_sampler(run)
    assert version(run) == 1
    assert version(run) == 1
    run_id = run.manifest["mlflow"]["run_id"]
    client = connect(store)
    assert client.get_model_version("noisewise-my-digits", 1).run_id == run_id
    assert len(client.get_run(run_id).outputs.model_outputs) == 1
    assert not (tmp_path / "mlruns").exists()
    code = (
        "import sys, mlflow, numpy as np\n"
        "model = mlflow.pyfunc.load_model('models:/noisewise-my-digits/1')\n"
        "labels = np.array([3, 4], 'int32')\n"
        "images = model.predict(labels, params={'seed': 1, 'steps': 5, 'first_index': 7})\n"
        "print(images.dtype, images.shape, images[:, 0, 0, 0], model.predict(labels)[0, 0, 0, 0])\n"
        "print(model.metadata.signature.params, model.input_example)\n"
        "assert 'app' not in sys.modules"
    )
    command = [sys.executable, "-c", code]
    answer = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert "type hints" not in answer.stderr
    lines = answer.stdout.splitlines()
    assert lines[0] == "uint8 (2, 2, 3, 1) [166 167] 29", answer.stderr
    assert "guidance" in lines[1] and "1.5" in lines[1]


def test_an_unconditional_sampler_takes_a_count(tmp_path, store):
    import mlflow

    run = make(tmp_path)
    save_sampler(run, conditional=False)
    sync(run)
    model = mlflow.pyfunc.load_model("models:/noisewise-digits/1")
    images = model.predict(np.array([3], "int32"), params={"seed": 1, "steps": 0})
    assert images.shape == (3, 2, 3, 1) and list(images[:, 0, 0, 0]) == [100, 101, 102]


def save_classifier(run):
    """A classifier whose first probability is the first pixel."""
    import tensorflow as tf

    @tf.function(input_signature=[tf.TensorSpec((None, 2, 3, 1), tf.uint8, "images")])
    def classify(images):
        share = tf.cast(images[:, 0, 0, 0], tf.float32) / 255
        return {"logits": images[:, 0, :2, 0], "probabilities": tf.stack([share, 1 - share], 1)}

    module = tf.Module()
    module.classify = classify
    tf.saved_model.save(module, str(run.path("saved_model", "classifier")), signatures=classify)


def test_a_classifier_is_registered_too_but_for_the_runs_of_a_table(tmp_path, store):
    import mlflow

    run = make(tmp_path)
    save_classifier(run)
    run.update(parent={"id": "a table"})
    assert version(run) is None
    run.update(parent=None)
    assert version(run) == 1
    model = mlflow.pyfunc.load_model("models:/noisewise-digits/1")
    images = np.zeros((2, 2, 3, 1), "uint8")
    images[1] = 255
    np.testing.assert_array_equal(model.predict(images), [[0, 1], [1, 0]])


def test_a_saved_model_that_is_no_sampler(tmp_path, store):
    import tensorflow as tf

    run = make(tmp_path)
    module = tf.Module()
    module.f = tf.function(lambda x: {"y": x}, input_signature=[tf.TensorSpec((), tf.float32, "x")])
    folder = str(run.path("saved_model", "sampler"))
    tf.saved_model.save(module, folder, signatures=module.f)
    with pytest.raises(UserError, match=r"takes \['x'\] and gives \['y'\]"):
        sync(run)
