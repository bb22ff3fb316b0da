"""`sample` with other settings of a sampler than the recipe's: what they draw, what is refused."""

import numpy as np
import pytest

from app.cli import main
from app.diffusion.samplers import DDIM, DDPM, Heun
from app.run import Run
from app.trained import load_trained


@pytest.mark.parametrize(
    "arguments, sampler",
    [
        (["--eta", "0.7"], lambda span: DDIM(eta=0.7, clip=span)),
        (["--eta", "0.7", "--clip", "False"], lambda span: DDIM(eta=0.7, clip=None)),
        (
            ["--sampler", "ddpm", "--variance", "beta"],
            lambda span: DDPM(variance="beta", clip=span),
        ),
        (["--sampler", "heun", "--churn", "3"], lambda span: Heun(churn=3.0, clip=span)),
    ],
)
def test_settings_reach_the_sampler(tiny, arguments, sampler):
    runs, run_id = tiny
    where = ["--steps", "4", "--count", "6", "--seed", "5", "--runs", str(runs)]
    before = set(runs.glob("*/samples/samples-*"))
    assert main(["sample", run_id, *arguments, *where]) == 0
    (folder,) = set(runs.glob("*/samples/samples-*")) - before
    with np.load(folder / "images-000000.npz") as part:
        drawn, labels = part["images"], part["labels"]
    recipe, model = load_trained(Run.open(run_id, runs))
    options = {"steps": 4, "seed": 5, "guidance": recipe.sampling.guidance, "labels": labels}
    expected = model.sample(6, sampler=sampler(model.pixel_range), **options)
    np.testing.assert_array_equal(drawn, expected)
    assert (drawn != model.sample(6, **options)).any()


@pytest.mark.parametrize(
    "arguments, pattern",
    [
        (["--variance", "beta"], "`variance` is read where `sampling.sampler` is ddpm"),
        (["--sampler", "heun", "--eta", "1"], "`eta` is read where `sampling.sampler` is ddim"),
        (["--churn-noise", "2"], "`churn_noise` is read where `sampling.churn` is above 0"),
        (["--eta", "2"], r"`eta` must be in \[0, 1\]"),
        (
            ["--images", "digits:0", "--mask", "0,0,4,4", "--eta", "1"],
            "Inpainting is drawn by DDPM .*: eta without one. Give `--sampler` too",
        ),
    ],
)
def test_settings_that_do_not_fit_are_refused(refused, tiny, arguments, pattern):
    runs, run_id = tiny
    refused(["sample", run_id, *arguments, "--runs", runs], pattern)
