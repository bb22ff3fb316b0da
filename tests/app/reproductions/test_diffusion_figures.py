"""Figures of the diffusion tables from results made by hand: what is drawn, and that it is."""

import numpy as np
import pytest
from matplotlib.figure import Figure
from matplotlib.image import imsave

from app.reproductions import diffusion_figures as module
from app.reproductions.diffusion_figures import curves, pictures
from app.reproductions.measured import Measured
from app.reproductions.tables import FIGURES, GRIDS, LAST, STRIPS, TABLES, guidance_figures
from app.reproductions.tables.cifar10_guidance import MEASURES
from tests.app.reproductions.made_up import result
from tests.app.reproductions.tables.test_diffusion_tables import DIFFUSION

ROWS = [{"loss": 0.5, "val_loss": 0.6, "fmd": 9.0}, {"loss": 0.4}, {"loss": 0.3, "fmd": 4.0}]


@pytest.fixture
def drawn(monkeypatch):
    """The figures that would be saved, in order."""
    kept = []
    for owner in (module, guidance_figures):
        monkeypatch.setattr(owner, "save", lambda figure, path: kept.append(figure))
    return kept


def points(axes):
    return {line.get_label(): line.get_xydata().tolist() for line in axes.get_lines()}


def test_lines_are_named_by_what_differs():
    one, two = result(rows=ROWS), result(rows=[{"loss": 1.0}])
    loss = [(1, 0.5), (2, 0.4), (3, 0.3)]
    assert module._lines({"a": one}, ("loss",)) == {"a": loss}
    assert module._lines({"a": one, "b": two}, ("loss",)) == {"a": loss, "b": [(1, 1.0)]}
    assert module._lines({"a": one}, ("loss", "fmd")) == {"loss": loss, "fmd": [(1, 9.0), (3, 4.0)]}
    found = module._lines({"a": one, "b": two}, ("loss", "fmd"))
    assert list(found) == ["a, loss", "a, fmd", "b, loss"]  # of fmd b has none
    assert module._lines({"b": two}, ("fmd",)) == {}


def test_a_level_is_a_score_or_its_floor():
    found = result({"psnr": 12.0, "psnr_black": -3.0}, floor=20.0)
    assert module._level(found, "psnr_black") == -3.0
    assert module._level(found, "psnr floor") == 20.0
    assert module._level(found, "ssim") is None and module._level(found, "ssim floor") is None
    assert module._level({"scores": {}}, "psnr floor") is None


def test_curves_show_trained_rows_of_the_first_seed_and_levels(drawn, tmp_path):
    results = {
        "trained-a-0": result({"fmd": 5.0, "fmd_black": 30.0}, ROWS, floor=2.5),
        "trained-a-1": result(rows=[{"loss": 7.0}]),
        "trained-b-0": result(rows=[{"loss": 0.7}]),
        "trained-c-0": result(rows=[]),  # not yet trained
        "drawn-a-0": result(rows=[{"loss": 8.0}]),
    }
    levels = {"real": "fmd floor", "black": "fmd_black", "mean": "fmd_mean_image"}
    panels = {
        "loss": (("loss",), {}),
        "none has it": (("psnr",), {}),
        "distance": (("fmd",), levels),
    }
    curves(panels)(results, tmp_path / "x.png")
    (figure,) = drawn
    loss, distance = figure.axes
    assert (loss.get_title(), distance.get_title()) == ("loss", "distance")
    assert points(loss) == {"a": [[1, 0.5], [2, 0.4], [3, 0.3]], "b": [[1, 0.7]]}
    found = points(distance)
    assert found.pop("real") == [[0, 2.5], [1, 2.5]]
    assert found.pop("black") == [[0, 30.0], [1, 30.0]]
    assert found == {"a": [[1, 9.0], [3, 4.0]]}


def test_pictures_show_the_files_of_the_first_seed(drawn, tmp_path):
    for name, grey in (("epoch-0001", 0.1), ("epoch-0002", 0.2), ("epoch-0010", 1.0)):
        (tmp_path / "images").mkdir(exist_ok=True)
        imsave(
            tmp_path / "images" / f"{name}.png", np.full((4, 6), grey), cmap="gray", vmin=0, vmax=1
        )
    here = {**result(), "folder": str(tmp_path)}
    results = {"trained-a-0": here, "trained-a-1": here, "other-b-0": here}
    results["trained-c-0"] = {**result(), "folder": None}  # on another machine
    pictures(GRIDS, groups=("trained",))(results, tmp_path / "x.png")
    (figure,) = drawn
    shown = {axes.get_title(): axes.get_images()[0].get_array() for axes in figure.axes}
    assert list(shown) == ["a: first epoch", "a: last epoch"]
    assert shown["a: first epoch"][0, 0, 0] == pytest.approx(0.1, abs=0.01)
    assert shown["a: last epoch"][0, 0, 0] == 1.0
    pictures(LAST)(results, tmp_path / "x.png")
    assert len(drawn) == 1  # none of the runs has that file


def test_scores_by_guidance_with_intervals_and_real_images(drawn, tmp_path):
    def made(value):
        return result(dict.fromkeys(MEASURES, value), interval=[value - 1, value + 2], floor=0.5)

    results = {
        "drawn-guidance 3 steps 50-0": made(4.0),
        "drawn-guidance 0 steps 50-0": made(9.0),
        "drawn-guidance 0 steps 10-0": made(12.0),
        "trained-cosine-0": made(1.0),
    }
    results["drawn-guidance 3 steps 50-0"]["scores"].pop("recall")
    guidance_figures.scores(results, tmp_path / "x.png")
    axes = dict(zip(MEASURES, drawn[0].axes, strict=True))
    for name in MEASURES:
        lines, bars = {}, {}
        for container in axes[name].containers:
            lines[container.get_label()] = container.lines[0].get_xydata().tolist()
            bars[container.get_label()] = container.lines[2][0].get_segments()
        later = [] if name == "recall" else [[3.0, 4.0]]
        assert lines == {"10 steps": [[0.0, 12.0]], "50 steps": [[0.0, 9.0], *later]}
        assert bars["10 steps"][0].tolist() == [[0.0, 11.0], [0.0, 14.0]]
        assert points(axes[name])["real images"] == [[0, 0.5], [1, 0.5]]


def test_pictures_by_guidance_and_steps_stand_in_their_rows_and_columns(drawn, tmp_path):
    """The trained run has samples too, and no place; a setting that was not drawn stays empty."""

    def made(number, folder):
        place = tmp_path / folder / "samples" / "grid"
        place.mkdir(parents=True)
        imsave(place / "grid.png", np.full((4, 4), number), cmap="gray", vmin=0, vmax=1)
        return {**result({"frechet": 100 * number}), "folder": str(tmp_path / folder)}

    results = {
        "trained-cosine-0": made(0.9, "trained"),
        "drawn-guidance 0 steps 10-0": made(0.2, "a"),
        "drawn-guidance 3 steps 10-0": made(0.4, "b"),
        "drawn-guidance 0 steps 50-0": made(0.6, "c"),
        "drawn-guidance 7 steps 50-0": {**result(), "folder": None},  # on another machine
    }
    guidance_figures.pictures(results, tmp_path / "x.png")
    (figure,) = drawn
    assert [axes.get_ylabel() for axes in figure.axes] == ["guidance 0", "", "guidance 3", ""]
    assert [axes.get_title() for axes in figure.axes] == [
        *("10 steps, Frechet distance 20.0", "50 steps, Frechet distance 60.0"),
        *("10 steps, Frechet distance 40.0", ""),
    ]
    shown = [axes.get_images()[0].get_array()[0, 0, 0] for axes in figure.axes[:3]]
    assert shown == pytest.approx([0.2, 0.6, 0.4], abs=0.01)
    guidance_figures.pictures({"drawn-guidance 7 steps 50-0": made(0.1, "d")}, tmp_path / "y.png")
    guidance_figures.pictures({"trained-cosine-0": made(0.3, "e")}, tmp_path / "z.png")
    assert len(drawn) == 2


@pytest.mark.parametrize("name", DIFFUSION)
def test_every_figure_is_a_file_once_there_are_results(name, tmp_path, monkeypatch):
    """All metrics by epoch and all scores, of one run of each row; pictures of 4x4 pixels."""
    patterns = [pattern for files in (GRIDS, STRIPS, LAST) for pattern in files.values()]
    patterns += ["figures/similarity.png", "figures/samples.png", "images/epoch-0007.png"]
    for pattern in patterns:
        file = tmp_path / "run" / pattern.replace("*", "epoch-0001")
        file.parent.mkdir(parents=True, exist_ok=True)
        imsave(file, np.eye(4), cmap="gray")
    metrics = ["loss", "val_loss", "fmd", "fmd_normalized", "psnr", "psnr_unclipped", "ssim"]
    metrics += ["fmd_raw", "fmd_swa", "cmmd_image_text_raw"]
    rows = [dict.fromkeys(metrics, value) for value in (2.0, 1.0)]
    made = {
        **result(dict.fromkeys(MEASURES, 1.0), rows, floor=0.5),
        "folder": str(tmp_path / "run"),
    }
    children = TABLES[name].children("smoke", 1)
    some = [key for key, child in children.items() if not isinstance(child, Measured)][:2]
    some += [key for key, child in children.items() if isinstance(child, Measured)][:2]
    results = {key: made for key in some}
    write = Figure.savefig  # in fewer pixels, which takes less time
    monkeypatch.setattr(Figure, "savefig", lambda figure, path, **_: write(figure, path, dpi=20))
    for title, figure in FIGURES[name].items():
        if title != "schedules":  # which need no results: drawn with the tables
            figure(results, tmp_path / f"{title}.png")
            assert (tmp_path / f"{title}.png").stat().st_size > 500
