"""Averages, and steps against quality, compared by `evaluate`; refusals; going on after a stop."""

import csv
import json
import shutil

import numpy as np
import pytest

from app.cli import main
from app.run import Run
from app.trained import load_trained
from callbacks.average_snapshots import snapshots_in
from tests.end_to_end.conftest import unexported


@pytest.fixture(scope="module")
def averaged(world, tiny):
    """A finished run with snapshots of two lengths: (folder of runs, run id)."""
    runs = world / "averaged"
    quick = ["--watching.score-every", "0", "--watching.sample-every", "0"]
    length = ["--training.epochs", "6", "--evaluation.samples", "0"]
    lengths = ["--training.power-averages", "0.05", "0.1", "--training.swa-start-epoch", "4"]
    recipe = str(world / "tiny.py")
    with unexported():
        assert main(["train", recipe, *length, *lengths, *quick, "--runs", str(runs)]) == 0
    return runs, next(runs.iterdir()).name


def test_snapshots_of_a_run_and_weights_by_length(averaged):
    runs, run_id = averaged
    run = Run.open(run_id, runs)
    found = snapshots_in(run.folder / "snapshots")
    steps = 1293 // 256
    assert {(s.sigma_rel, s.updates) for s in found} == {
        (length, steps * epoch) for length in (0.05, 0.1) for epoch in range(1, 7)
    }
    made = load_trained(run, "ema:0.1")[1].get_weights()
    raw = load_trained(run, "raw")[1]
    assert any(not np.array_equal(a, b) for a, b in zip(made, raw.get_weights(), strict=True))
    raw.load_weights(found[-1].path)
    assert all(np.array_equal(a, b) for a, b in zip(made, raw.get_weights(), strict=True))
    request = ["sample", run_id, "--count", "2", "--weights", "ema:0.08", "--runs", str(runs)]
    assert main(request) == 0
    assert main(["export", run_id, "--weights", "ema:0.08", "--runs", str(runs)]) == 0


def test_averages_side_by_side(averaged, capsys):
    runs, run_id = averaged
    request = ["evaluate", run_id, "--averages", "0.05,0.08", "--samples", "32"]
    assert main([*request, "--runs", str(runs)]) == 0
    shown = capsys.readouterr().out
    folder = runs / run_id
    rows = list(json.loads((folder / "averages.json").read_text()).values())
    names = ["raw", "ema", "swa", "ema:0.05", "ema:0.08"]
    assert [row["weights"] for row in rows] == names
    assert all(name in shown for name in names)
    for row in rows:
        score = row["scores"]["frechet"]
        assert score["samples"] == 32 and score["floor"] > 0 and row["seconds_an_image"] > 0
    assert len({row["scores"]["frechet"]["value"] for row in rows}) == 5, "five models"
    assert (folder / "figures/averages.png").stat().st_size > 1000
    with open(folder / "averages.csv", newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["weights"] for row in table] == names
    assert float(table[0]["frechet.value"]) == rows[0]["scores"]["frechet"]["value"]


def test_a_score_of_a_comparison_is_that_of_evaluate(averaged):
    runs, run_id = averaged
    where = ["--samples", "32", "--runs", str(runs)]
    assert main(["evaluate", run_id, "--averages", "0.08", *where]) == 0
    assert main(["evaluate", run_id, "--weights", "ema:0.08", *where]) == 0
    rows = json.loads((runs / run_id / "averages.json").read_text()).values()
    (row,) = [row for row in rows if row["weights"] == "ema:0.08"]
    alone = json.loads((runs / run_id / "scores.json").read_text())
    assert row["scores"]["frechet"]["value"] == pytest.approx(alone["frechet"]["value"], rel=1e-5)


def test_steps_against_quality_go_on(tiny, monkeypatch, capsys):
    runs, run_id = tiny
    folder = runs / run_id
    request = ["evaluate", run_id, "--steps", "2,4", "--guidances", "0,1", "--samples", "32"]
    request += ["--samplers", "ddim,dpm_solver", "--runs", str(runs)]
    from app.measuring import trials

    timed, calls = trials.seconds_an_image, []

    def stopping(*arguments):
        calls.append(arguments)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return timed(*arguments)

    monkeypatch.setattr(trials, "seconds_an_image", stopping)
    assert main(request) == 130
    assert len(json.loads((folder / "steps.json").read_text())) == 3
    assert main(request) == 0
    assert len(calls) == 4 + 5, "three rows were there, and are not measured again"
    rows = list(json.loads((folder / "steps.json").read_text()).values())
    found = [(row["sampler"], row["steps"], row["guidance"]) for row in rows]
    assert found == [(s, n, w) for s in ("ddim", "dpm_solver") for n in (2, 4) for w in (0.0, 1.0)]
    for name in ("steps", "steps-ddim", "steps-dpm_solver"):
        assert (folder / f"figures/{name}.png").stat().st_size > 1000
    (folder / "steps.json").write_text("{torn")  # rows lost, samples not: the same scores
    before = {path: path.stat().st_mtime_ns for path in folder.glob("samples/*/*.npz")}
    assert main(request) == 0
    again = list(json.loads((folder / "steps.json").read_text()).values())
    assert {p: p.stat().st_mtime_ns for p in folder.glob("samples/*/*.npz")} == before
    assert [row["scores"] for row in again] == [row["scores"] for row in rows]


def test_a_setting_goes_to_the_samplers_that_read_it(tiny, tmp_path):
    runs, run_id = tiny
    folder = shutil.copytree(runs / run_id, tmp_path / "runs" / run_id)
    (folder / "steps.json").unlink(missing_ok=True)  # of the test above
    request = ["evaluate", str(folder), "--samples", "16", "--metrics", "frechet", "--steps", "4"]
    assert main([*request, "--samplers", "ddim,dpm_solver", "--eta", "0.5"]) == 0
    assert main([*request, "--samplers", "ddim,heun", "--churn", "2", "--churn-noise", "1.1"]) == 0
    assert main([*request[:6], "--eta", "0.5"]) == 0  # alone, at the recipe's steps
    rows = list(json.loads((folder / "steps.json").read_text()).values())
    found = {row["sampler"]: row["scores"]["frechet"]["value"] for row in rows}
    heun = "heun, churn 2.0, churn_noise 1.1"
    assert list(found) == ["ddim, eta 0.5", "dpm_solver", "ddim", heun]
    assert len(set(found.values())) == 4
    for name in ("ddim", "ddim-eta-0.5", "heun-churn-2.0-churn_noise-1.1"):
        assert (folder / f"figures/steps-{name}.png").stat().st_size > 1000


@pytest.mark.parametrize(
    ("arguments", "pattern"),
    [
        (["--steps", "5", "--churn", "2"], r"steps 5.*churn 2.0 cannot be drawn: `churn` is read"),
        (["--averages", "auto", "--eta", "0"], r"one at a time"),
        (
            ["--steps", "5,21"],
            r"combination sampler ddim, steps 21, guidance 1.0 cannot be drawn.*20",
        ),
        (["--steps", "5,x"], r"`--steps` takes whole numbers with commas.*Received: 5,x"),
        (["--steps", ","], r"`--steps` takes values with commas"),
        (["--samplers", "heun_of_mars"], r"cannot be drawn: `sampler` must be one of"),
        (["--guidances", "-1"], r"cannot be drawn: `guidance` must be in \[0, 100\]"),
        (["--guidances", "0,nan"], r"cannot be drawn: `guidance` must be a finite number"),
        (["--averages", "0.05"], r"has no snapshots.*--training.power-averages"),
        (["--averages", "auto", "--steps", "5"], r"one at a time"),
        (["--averages", "auto", "--weights", "raw"], r"Received: `--weights` raw too"),
        (["--steps", "5", "--metrics", "fad"], r"No metric is called 'fad'"),
    ],
)
def test_refusals(refused, tiny, arguments, pattern):
    runs, run_id = tiny
    options = ["--samples", "16", "--runs", runs]
    refused(["evaluate", run_id, *[a.replace("-1", "-1.0") for a in arguments], *options], pattern)


def test_refusals_of_what_is_no_such_run(refused, averaged, place, tmp_path):
    runs, run_id = averaged
    options = ["--samples", "16", "--runs", runs]
    pattern = r"0.01 cannot be made of the snapshots.*wrong by \d+%"
    refused(["evaluate", run_id, "--averages", "0.05,0.01", *options], pattern)
    refused(["sample", run_id, "--weights", "ema:0.01", "--runs", runs], r"nearer to.*0.05, 0.1")
    archive = ["evaluate", "noisy.npz", "--against", "digits", "--steps", "5"]
    refused(archive, r"run of the kind diffusion. Received: noisy.npz, of the kind archive")
    copy = shutil.copytree(runs / run_id, tmp_path / "runs" / run_id)
    for path in (copy / "snapshots").glob("*"):
        path.write_bytes(b"torn")
    refused(["sample", str(copy), "--weights", "ema:0.08"], r"A snapshot in .* is damaged")
