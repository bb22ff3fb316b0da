import numpy as np
import pytest

from app.reports import trial_figures
from app.reports.tables import trials_table
from app.reports.trial_figures import averages_figure, guidance_figure, steps_figure


def row(value, weights="ema", sampler="ddim", steps=5, guidance=0.0, interval=(1.0, 99.0)):
    score = {
        **{"name": "frechet", "value": value, "samples": 500, "floor": 0.5},
        **{"interval": interval, "extractor": "pixels"},
    }
    return {
        **{"weights": weights, "sampler": sampler, "steps": steps, "guidance": guidance},
        **{"samples": 500, "seconds_an_image": steps / 100, "scores": {"frechet": score}},
    }


@pytest.fixture
def drawn(monkeypatch):
    """The figure that would have been written."""
    kept = []
    monkeypatch.setattr(trial_figures, "save", lambda figure, path: kept.append(figure))
    return kept


def lines(axes):
    """{label: (x, y)} of the curves and of the lines across."""
    found = {}
    for container in axes.containers:
        line = container.lines[0]
        found[container.get_label()] = [list(map(float, data)) for data in line.get_data()]
    for line in axes.lines:
        if not line.get_label().startswith("_"):
            found[line.get_label()] = [list(map(float, data)) for data in line.get_data()]
    return found


def test_a_curve_a_sampler_and_guidance_in_order_of_steps(drawn):
    rows = [row(9.0, steps=20), row(30.0, steps=5), row(8.0, steps=20, guidance=1.0)]
    steps_figure(rows, "unused.png")
    left, right = drawn[0].axes
    assert lines(left)["ddim, guidance 0"] == [[5, 20], [30, 9]]
    assert lines(left)["ddim, guidance 1"] == [[20], [8]]
    assert lines(right)["ddim, guidance 0"] == [[0.05, 0.2], [30, 9]]
    assert lines(left)["floor: held-out real images"][1] == [0.5, 0.5]
    assert left.get_ylabel() == "frechet, n = 500, pixels"


def test_scores_by_length_and_the_other_weights_across(drawn):
    rows = [row(7.0, "raw"), row(5.0, "ema:0.1"), row(6.0, "ema:0.05"), row(4.0, "ema:0.08")]
    averages_figure(rows, [0.05, 0.1], "unused.png")
    found = lines(drawn[0].axes[0])
    assert found["reconstructed"] == [[0.05, 0.08, 0.1], [6, 4, 5]]
    assert found["stored"] == [[0.05, 0.1], [6, 5]]
    assert found["raw"][1] == [7, 7]


def test_pictures_stand_at_their_guidance_and_steps(drawn):
    def cell(steps, guidance, grey):
        return row(grey, steps=steps, guidance=guidance), np.full((4, 6, 6, 1), grey, np.uint8)

    cells = [cell(5, 0.0, 10), cell(20, 0.0, 20), cell(5, 1.0, 30), cell(20, 1.0, 40)]
    guidance_figure(cells, "unused.png")
    shown = [int(axes.images[0].get_array().max()) for axes in drawn[0].axes]
    assert shown == [10, 20, 30, 40], "guidance downwards, steps to the right"
    assert [axes.get_title() for axes in drawn[0].axes][1] == "20 steps: 20"


def test_scores_without_intervals_and_colour(drawn, tmp_path):
    steps_figure([row(9.0, interval=None)], "unused.png")
    images = np.zeros((3, 6, 6, 3), np.uint8)
    guidance_figure([(row(9.0), images)], "unused.png")
    assert len(drawn) == 2


def test_the_table_has_a_line_a_trial_and_one_of_real_images():
    table = trials_table([row(9.0), row(8.0, steps=20)], "Steps against quality")
    cells = [list(column.cells) for column in table.columns]
    assert cells[2] == ["5", "20", ""] and cells[-1] == ["9", "8", "0.5"]
    assert cells[0][-1] == "real images"
