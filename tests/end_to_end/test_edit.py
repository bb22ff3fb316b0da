"""`sample` that begins with something: inpainting, variations, strips; and what it refuses."""

import json

import numpy as np
import pytest

from app.build.diffusion import build_model
from app.cli import main
from app.config import from_dict
from app.data.image_set import open_images
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


def test_without_a_label(tmp_path):
    folder = make_run(tmp_path / "runs")
    where = folder.parent, folder.name
    request = ["sample", folder.name, "--runs", str(folder.parent), "--labels", "none"]
    assert main([*request, "--images", "digits:5", "--strength", "0.5"]) == 0
    with np.load(written(*where, "variations") / "images.npz") as kept:
        assert set(kept["labels"]) == {-1}
    assert main([*request, "--to-labels", "3", "--frames", "3", "--variants", "1"]) == 0
    with np.load(written(*where, "strips") / "images.npz") as kept:
        assert kept["labels"].tolist() == [-1] * 3 and kept["to_labels"].tolist() == [3] * 3
        strip = kept["images"].astype(int)
    assert main([*request, "--count", "1"]) == 0
    archive = written(*where, "samples") / "images-000000.npz"
    with np.load(archive) as plain:
        assert np.abs(strip[0] - plain["images"][0]).max() <= 1
    assert open_images(archive).labels is None


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


@pytest.fixture
def thick(tmp_path):
    """A run of two attributes, untrained: (folder of runs, run id)."""
    folder = make_run(tmp_path / "runs", attributes=["thick", "wide"])
    config = json.loads((folder / "config.json").read_text())
    config["diffusion"]["condition"] = "attributes"
    (folder / "config.json").write_text(json.dumps(config))
    model = build_model(from_dict(config), (8, 8, 1), 10, ("thick", "wide"))
    model.save_weights(folder / "weights" / "raw.weights.h5")
    return folder.parent, folder.name


def test_attributes_of_variations_and_inpainting(thick):
    request = ["sample", thick[1], "--runs", str(thick[0]), "--images", "digits:0,1"]
    request += ["--variants", "1"]
    wanted = {"thick": [[1, -1], [1, -1]], "thick,wide none": [[1, 1], [-1, -1]], "": [[0, 0]] * 2}
    mask = ["--mask", "0,0,4,8", "--resampling", "1"]
    for begin, kind in (["--strength", "0.9"], "variations"), (mask, "inpainting"):
        drawn = []
        for asked, vectors in wanted.items():
            attributes = ["--attributes", *asked.split()] if asked else []
            assert main([*request, *begin, *attributes]) == 0
            with np.load(written(*thick, kind) / "images.npz") as kept:
                assert kept["labels"].tolist() == vectors
                assert kept["attribute_names"].tolist() == ["thick", "wide"]
                drawn.append(kept["images"])
        assert np.any(drawn[0] != drawn[1]) and np.any(drawn[0] != drawn[2]), "they have a say"


def test_a_strip_from_attributes_to_attributes(thick):
    runs, run_id = thick
    request = ["sample", run_id, "--runs", str(runs), "--seed", "3"]
    ends = ["--attributes", "thick", "--to-attributes", "wide", "any", "--frames", "5"]
    assert main([*request, *ends, "--variants", "2"]) == 0
    with np.load(written(runs, run_id, "strips") / "images.npz") as kept:
        assert kept["labels"].tolist() == [[1, -1]] * 10
        assert kept["to_labels"].tolist() == [[-1, 1]] * 5 + [[0, 0]] * 5
        strips = kept["images"].reshape(2, 5, 8, 8, 1).astype(int)
    for place, attributes in ((0, ["thick"]), (-1, ["wide", "any"])):
        assert main([*request, "--count", "2", "--attributes", *attributes]) == 0
        with np.load(written(runs, run_id, "samples") / "images-000000.npz") as plain:
            assert np.abs(strips[:, place] - plain["images"]).max() <= 1


def test_what_attributes_do_not_fit_is_refused(refused, tiny, thick):
    for runs, run_id, arguments, pattern in (
        (*thick, ["--to-attributes", "wide"], "`--to-attributes` needs `--attributes`"),
        (*thick, ["--attributes", "thick", "--to-attributes", "thin"], "no attribute 'thin'"),
        (*thick, ["--labels", "3", "--to-labels", "4"], "leave out --labels and pass --attrib"),
        (*thick, ["--labels", "none", "--attributes", "thick"], "Leave out one of them"),
        (*tiny, ["--to-seed", "1", "--attributes", "thick"], "not conditional on attributes"),
        (*tiny, ["--images", "digits:0", "--strength", "1", "--attributes", "x"], "not cond"),
    ):
        refused(["sample", run_id, *arguments, "--runs", runs], pattern)


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
