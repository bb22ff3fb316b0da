"""The table of annealed Langevin dynamics: its children, and its verdicts."""

from app.config import to_dict
from app.reproductions.measured import Measured
from app.reproductions.tables import mnist_score
from tests.app.reproductions.made_up import result, seeded


def judged(fewer, most, seeds=2, heun=5.0):
    def made(value):
        return result({"frechet": value}, [{"loss": 1.0, "val_loss": 1.0}])

    rows = {f"{steps} steps": value for steps, value in fewer.items()}
    trained = seeded("trained", {"120 steps": most}, made, seeds)
    others = seeded("other", {"heun, 15 steps": heun, "heun, 120 steps": heun}, made, seeds)
    return seeded("drawn", rows, made, seeds) | trained | others


def test_more_steps_lower_the_distance_or_do_not():
    claimed = judged({15: 90.0, 30: 60.0, 60: 40.0}, 30.0)
    assert list(mnist_score.claims(claimed).values()) == ["holds"] * 3
    once_worse = judged({15: 90.0, 30: 95.0, 60: 40.0}, 30.0)
    assert list(mnist_score.claims(once_worse).values()) == ["holds", "fails", "holds"]
    worst = judged({15: 20.0}, 30.0, heun=25.0)  # above Langevin's 20 of 15 steps
    assert list(mnist_score.claims(worst).values()) == ["fails"] * 3
    one = judged({15: 90.0, 30: 60.0, 60: 40.0}, 30.0, seeds=1)
    assert list(mnist_score.claims(one).values()) == ["undecided"] * 3
    recipe = to_dict(mnist_score.children("cpu", 1)["trained-120 steps-0"])
    for child in claimed.values():
        child["config"] = recipe
    lines = mnist_score.report(claimed).splitlines()
    rows = [line.split(" | ")[:3] for line in lines if " steps | " in line and "heun" not in line]
    assert rows == [
        [f"| {steps} steps", "240", f"{distance}.00 +- 0.00 (2)"]
        for steps, distance in ((15, 90), (30, 60), (60, 40), (120, 30))
    ]


def test_children_draw_from_the_same_weights_in_fewer_steps():
    children = mnist_score.children("cpu", 1, "somewhere")
    others = [child for key, child in children.items() if key.startswith("other-")]
    assert [(child.sampling.sampler, child.sampling.evaluations) for child in others] == [
        ("predictor_corrector", 30),
        ("predictor_corrector", 240),
        ("heun", 29),
        ("heun", 239),
    ]
    drawn = [child for key, child in children.items() if key.startswith("drawn-")]
    assert all(isinstance(child, Measured) for child in drawn + others)
    assert [child.sampling.steps for child in drawn] == [15, 30, 60]
    assert [child.sampling.evaluations for child in drawn] == [30, 60, 120]
    trained = children["trained-120 steps-0"]
    assert {child.of for child in drawn + others} == {"trained-120 steps-0"}
    assert all(child.base == trained for child in drawn + others)
    assert (trained.diffusion.schedule, trained.diffusion.target) == ("exploding", "score")
    assert (trained.sampling.sampler, trained.sampling.steps) == ("langevin", 120)
    assert {child.sampling.sampler for child in drawn} == {"langevin"}
