"""`sample` that begins with something: inpainting, variations, strips; and what it refuses."""

import json

import numpy as np
import pytest

from app.cli import main
from tests.end_to_end.conftest import make_run


def written(runs, run_id, kind):
    """The newest folder of a kind of pictures."""
    found = (runs / run_id / "samples").glob(f"{kind}-*")
    return max(found, key=lambda folder: folder.stat().st_mtime_ns)


def test_inpainting(tiny):
    runs, run_id = tiny
    request = [
        "sample",
        run_id,
        "--images",
        "digits:0,1,2",
        "--mask",
        "0,0,4,8",
        "--runs",
        str(runs),
    ]
    assert main([*request, "--variants", "2", "--resampling", "2"]) == 0
    folder = written(runs, run_id, "inpainting")
    with np.load(folder / "images.npz") as kept:
        assert kept["images"].shape == (6, 8, 8, 1) and kept["labels"].shape == (6,)
        assert np.array_equal(kept["images"][:, 4:], np.repeat(kept["inputs"], 2, 0)[:, 4:])
        assert not np.array_equal(kept["images"][0], kept["images"][1]), "two variants"
        assert kept["mask"].sum() == 32
    assert len(list((folder / "pictures").glob("*.png"))) == 6
    assert (folder / "grid.png").exists()


def test_variations_and_strips(tiny):
    runs, run_id = tiny
    request = ["sample", run_id, "--runs", str(runs)]
    assert main([*request, "--images", "digits:5", "--strength", "0.5", "--labels", "3"]) == 0
    with np.load(written(runs, run_id, "variations") / "images.npz") as kept:
        assert kept["images"].shape == (4, 8, 8, 1) and set(kept["labels"]) == {3}
    strips = ["--labels", "3", "--to-labels", "8", "--to-seed", "5", "--frames", "3"]
    assert main([*request, *strips, "--variants", "2"]) == 0
    with np.load(written(runs, run_id, "strips") / "images.npz") as kept:
        assert kept["images"].shape == (6, 8, 8, 1)
        assert set(kept["to_labels"]) == {8} and kept["share"].tolist() == [0, 0.5, 1]


@pytest.mark.parametrize(
    ("noisy", "quiet"),
    [
        ({"sampler": "ddpm", "variance": "beta"}, {"sampler": "ddim", "variance": "posterior"}),
        ({"sampler": "predictor_corrector", "moves": 2}, {"sampler": "ddim", "moves": 1}),
        ({"sampler": "heun", "churn": 9.0, "churn_noise": 1.01}, {"churn": 0.0, "churn_noise": 1}),
        ({"eta": 1.0}, {"eta": 0.0}),
    ],
    ids=["ddpm", "predictor_corrector", "churn", "eta"],
)
def test_a_run_that_draws_noise_has_strips_without(world, tmp_path, capsys, noisy, quiet):
    folder = make_run(tmp_path / "runs")
    config = json.loads((folder / "config.json").read_text())
    drawn = []
    for changes in (noisy, quiet):
        config["sampling"].update(changes)
        (folder / "config.json").write_text(json.dumps(config))
        runs = ["--to-seed", "5", "--frames", "3", "--variants", "1", "--runs", str(folder.parent)]
        assert main(["sample", folder.name, *runs]) == 0
        with np.load(written(folder.parent, folder.name, "strips") / "images.npz") as kept:
            drawn.append(kept["images"])
        assert ("draws no noise" in capsys.readouterr().out) == (changes is noisy)
    np.testing.assert_array_equal(*drawn)


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        (["--images", "digits:0"], r"`--images` needs `--mask` or `--strength`"),
        (["--strength", "0.5"], r"neither is of use without it"),
        (["--images", "digits:0", "--strength", "1.5"], r"in \(0, 1\]. Received: 1.5"),
        (["--images", "digits:0", "--mask", "0,0,9,9"], r"must lie in images of 8x8"),
        (["--images", "mnist-5k:0", "--strength", "1"], r"draws images of 8x8 pixels, grey"),
        (["--images", "digits:0", "--strength", "1", "--to-seed", "3"], r"Received: both"),
        (["--to-labels", "3"], r"`--to-labels` needs `--labels`"),
        (["--to-labels", "10", "--labels", "3"], r"Labels must lie in 0..9"),
        (["--to-seed", "3", "--frames", "1"], r"`--frames` must be 2 or more"),
        (["--to-seed", "3", "--sampler", "ddpm"], r"draws no noise.*Received: DDPM"),
        (
            ["--images", "digits:0", "--mask", "0,0,4,4", "--sampler", "dpm_solver"],
            r"Received: DPMSolver. Take DDPM",
        ),
    ],
)
def test_refusals(refused, tiny, arguments, pattern):
    runs, run_id = tiny
    refused(["sample", run_id, *arguments, "--runs", runs], pattern)
