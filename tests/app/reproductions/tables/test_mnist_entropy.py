"""The table of noise scaled by entropy: what differs between children, and its verdicts."""

from dataclasses import replace

import pytest

from app.reproductions.measured import Measured, config_of
from app.reproductions.tables import mnist_entropy
from tests.app.reproductions.made_up import result, seeded


def judged(matching, unit):
    made = {}
    for group, rows in (("trained", matching), ("unit", unit)):
        made |= seeded(group, rows, lambda value: result({"frechet": value}, [{"val_loss": 1.0}]))
    return made


def test_entropy_and_its_controls():
    claimed = judged(
        {
            "plain": 50.0,
            "batch entropy": 40.0,
            "constant 0.878": 45.0,
            "image entropy": 38.0,
            "constant 0.826": 44.0,
        },
        {"batch entropy from N(0, I)": 48.0},
    )
    assert list(mnist_entropy.claims(claimed).values()) == ["holds"] * 8
    # A constant does it alone, and the entropy of the batch adds nothing to it.
    scale = judged({"plain": 50.0, "batch entropy": 45.0, "constant 0.878": 40.0}, {})
    found = mnist_entropy.claims(scale)
    assert found["noise scaled by batch entropy lowers the Frechet distance"] == "holds"
    assert found["ours, control: constant 0.878 alone lowers it"] == "holds"
    (word,) = [word for claim, word in found.items() if "batch entropy is below" in claim]
    assert word == "fails"
    assert found["the same, started from N(0, I)"] == "undecided"
    text = mnist_entropy.report(claimed)
    assert "| batch entropy, started from N(0, I) | 47.8 | 48.00 +- 0.00 (2) | none: the" in text
    assert "| plain noise | 50.02 | 50.00 +- 0.00 (2) |" in text


def test_children_differ_in_noise_and_start_alone():
    children = mnist_entropy.children("full", 1, "somewhere")
    plain, unit = children["trained-plain-0"], children["unit-image entropy from N(0, I)-0"]
    assert (plain.training.epochs, plain.network.channels) == (50, (16, 32, 32, 16))
    for key, child in children.items():
        if not isinstance(child, Measured):
            same = {"name": "same", "summary": "", "diffusion": plain.diffusion}
            assert replace(child, **same) == replace(plain, **same), key
    assert isinstance(unit, Measured) and unit.of == "trained-image entropy-0"
    drawn = unit.changed(unit.base)
    assert drawn.diffusion == replace(unit.base.diffusion, unit_noise_start=True)
    assert drawn.sampling == unit.base.sampling and config_of(unit)["start"] == "unit"
    with pytest.raises(ValueError, match="Received: the noise gaussian.*Pass start 'noise'"):
        Measured(name="x", of="x", base=plain, start="unit")
