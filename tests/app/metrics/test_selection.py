"""Which epoch each rule chooses, of numbers written by hand."""

from app.metrics.selection import selection

ROWS = [
    {
        "step": step,
        "val_loss": loss,
        "information_maximization": value,
        "soft_neighbourhood_density": -value,
        "target_test_accuracy": accuracy,
    }
    for step, (loss, value, accuracy) in enumerate([(1, 5, 0.2), (2, 9, 0.9), (3, 1, 0.4)])
]


def test_each_rule_chooses_its_epoch():
    assert selection(ROWS) == {
        "last epoch": {"epoch": 3, "target": 0.4},
        "source validation": {"epoch": 1, "target": 0.2},
        "information maximisation": {"epoch": 2, "target": 0.9},
        "soft neighbourhood density": {"epoch": 3, "target": 0.4},
        "oracle (target labels)": {"epoch": 2, "target": 0.9},
    }


def test_a_rule_without_its_number_does_not_choose():
    rows = [{name: row[name] for name in ("step", "target_test_accuracy")} for row in ROWS]
    assert set(selection(rows)) == {"last epoch", "oracle (target labels)"}
