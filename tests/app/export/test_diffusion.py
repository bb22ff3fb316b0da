"""The exported sampler of EDM, flow and score models: the model's own pictures, any steps."""

import keras
import numpy as np
import pytest

from app.diffusion.samplers import Heun, Langevin, PredictorCorrector
from app.diffusion.schedules import exploding, flow, karras
from app.errors import UserError
from app.export.diffusion import export_sampler
from app.export.saved_model import checked_first
from app.models.cnn import PlainCNN
from app.models.diffusion_model import DiffusionModel

KINDS = {
    "edm": (karras(20), "edm", Heun(churn=5.0, churn_interval=(0.05, 50.0))),
    "flow": (flow(20), "flow", Heun()),
    "langevin": (exploding(20, 0.05, 10.0), "score", Langevin(2)),
    "predictor_corrector": (exploding(20, 0.05, 10.0), "score", PredictorCorrector(2)),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_exported_loop_draws_the_same_pictures(tmp_path, name):
    tf = pytest.importorskip("tensorflow")
    schedule, target, sampler = KINDS[name]
    keras.utils.set_random_seed(1)
    model = DiffusionModel(PlainCNN((4, 4), kernel_size=3), schedule, (8, 8, 1), target=target)
    export_sampler(model, sampler, tmp_path / "sampler", "linspace")
    serve = tf.saved_model.load(str(tmp_path / "sampler")).signatures["serving_default"]
    for steps in (3, 7):
        own = model.sample(
            3, sampler=sampler, steps=steps, spacing="linspace", seed=4, first_index=5
        )
        served = serve(
            seed=tf.constant(4),
            labels=tf.zeros((3,), "int32"),
            guidance=tf.constant(0.0),
            steps=tf.constant(steps),
            first_index=tf.constant(5),
        )["images"].numpy()
        assert own.std() > 5
        assert np.abs(served.astype(int) - own).max() <= 1


def test_what_fails_its_check_is_not_kept_and_the_old_export_stays(tmp_path):
    folder = tmp_path / "saved_model"
    with checked_first(folder) as draft:
        draft.mkdir()
        (draft / "program").write_text("first")
    with pytest.raises(UserError, match="differs"), checked_first(folder) as draft:
        draft.mkdir()
        (draft / "program").write_text("second")
        raise UserError("The exported sampler differs")
    assert (folder / "program").read_text() == "first"
    with checked_first(folder) as draft:
        draft.mkdir()
        (draft / "program").write_text("third")
    assert (folder / "program").read_text() == "third"
    assert [path.name for path in tmp_path.iterdir()] == ["saved_model"]
