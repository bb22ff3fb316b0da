"""The table of attention kernels: children that differ in the kernel alone, and its verdicts."""

from dataclasses import replace

from app.config import to_dict
from app.reproductions.measured import Measured, config_of
from app.reproductions.tables import dit_attention
from app.reproductions.tables.dit_attention import KERNELS
from layers.memory_efficient_attention import CHUNK
from tests.app.reproductions.made_up import result, seeded


def judged(standard, efficient, other, seeds=2):
    def made(value):
        return result({"frechet": value}, [{"loss": 1.0, "val_loss": 1.0}])

    trained = seeded("trained", {"standard": standard, "memory_efficient": efficient}, made, seeds)
    return trained | seeded("other", {"standard weights, memory_efficient": other}, made, seeds)


def test_kernels_are_equal_where_their_distances_are():
    # 50.00 and 50.01 differ by 2e-4 of 50, and 50 and 50.001, the two seeds, spread by as much as
    # the two kernels differ: neither is lower.
    claimed = judged(50.0, 50.0005, 50.01)
    assert list(dit_attention.claims(claimed).values()) == ["holds"] * 2
    assert list(dit_attention.claims(judged(50.0, 40.0, 51.0)).values()) == ["fails"] * 2
    assert list(dit_attention.claims(judged(40.0, 50.0, 51.0)).values()) == ["fails"] * 2
    one = dit_attention.claims(judged(50.0, 50.0005, 50.01, seeds=1))
    assert list(one.values()) == ["holds", "undecided"]
    text = dit_attention.report(claimed)
    assert "| seed 0 | 2.0e-04 |" in text and "| seed 1 | 2.0e-04 |" in text


def test_one_tile_says_nothing_of_several():
    drawn = {
        f"tiles-{kernel}-0": result({"frechet": value})
        for kernel, value in zip(KERNELS, (50.0, 51.0), strict=True)
    }
    text = dit_attention.report(judged(50.0, 50.0005, 50.01) | drawn)
    assert "| in several tiles | 2.0e-02 |" in text
    assert list(dit_attention.claims(judged(50.0, 50.0005, 50.01) | drawn).values())[0] == "fails"
    children = dit_attention.children("cpu", 1)
    tiled = children["tiles-memory_efficient-0"]
    patches = (32 // tiled.base.network.patch_size) ** 2
    assert tiled.kernel == "memory_efficient" and patches > 2 * CHUNK - 1


def test_costs_are_told_with_their_tokens():
    children = dit_attention.children("cpu", 1)
    found = {
        key: {
            **result(rows=[{"val_loss": 0.5}, {"val_loss": 0.1234567}]),
            "config": to_dict(children[key]),
            "attention": {"step_seconds": 0.25, "peak_megabytes": 1234.5},
        }
        for key in ("trained-standard-0", "cost-memory_efficient-0")
    }
    text = dit_attention.report(found)
    assert "| standard | 64 | 64 | 0.250 | 1,234 | 0.123457 |" in text  # (32 / 4)^2 tokens
    assert "| memory_efficient | 1024 | 16 | 0.250 | 1,234 | 0.123457 |" in text


def test_children_differ_in_the_kernel_alone():
    children = dit_attention.children("full", 2, "somewhere")
    for seed in range(2):
        one, other = (children[f"trained-{kernel}-{seed}"] for kernel in KERNELS)
        same = {"name": "same", "summary": "", "network": one.network}
        assert replace(one, **same) == replace(other, **same)
        assert replace(one.network, kernel="memory_efficient") == other.network
    again = children["other-standard weights, memory_efficient-1"]
    assert isinstance(again, Measured) and again.of == "trained-standard-1"
    assert again.changed(again.base).network == other.network
    assert config_of(again)["kernel"] == "memory_efficient"
    assert one.network.depth == 12 and one.network.width == 384  # DiT-S
    assert one.evaluation.extractor == "inception"
