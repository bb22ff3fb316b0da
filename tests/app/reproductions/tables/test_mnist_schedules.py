"""The table of noise schedules: verdicts worked by hand on made results."""

from app.reproductions.tables import mnist_schedules
from app.reproductions.tables.mnist_schedules import SCALED
from tests.app.reproductions.made_up import result, seeded


def schedules(losses, distances, starts, seeds=2):
    def trained(row):
        return lambda value: result(
            {"frechet": value, "psnr": 9.0, "psnr_black": 9.6, "ssim": 0.1},
            [{"loss": 2.0, "val_loss": 1.0}, {"loss": 2.0, "val_loss": losses[row]}],
            floor=8.0,
        )

    found = {}
    for row, value in distances.items():
        found |= seeded("trained", {row: value}, trained(row), seeds)
    return found | seeded("start", starts, lambda value: result({"frechet": value}), seeds)


def test_schedules_as_claimed_hold_and_the_opposite_fails():
    claimed = schedules(
        {"linear": 0.1, "annealed": 0.2, "geometric": 0.3, SCALED: 0.1},
        {"linear": 50.0, "annealed": 58.0, "geometric": 218.0, SCALED: 51.0},
        {"geometric from data": 60.0, "geometric from mean": 70.0, "linear from data": 49.0},
    )
    assert list(mnist_schedules.claims(claimed).values()) == ["holds"] * 6
    opposite = schedules(
        {"linear": 0.3, "annealed": 0.2, "geometric": 0.1, SCALED: 0.1},
        {"linear": 218.0, "annealed": 58.0, "geometric": 50.0, SCALED: 51.0},
        {"geometric from data": 60.0, "geometric from mean": 70.0, "linear from data": 219.0},
    )
    assert list(mnist_schedules.claims(opposite).values()) == ["fails"] * 6
    one = {key: made for key, made in claimed.items() if key.endswith("-0")}
    assert list(mnist_schedules.claims(one).values()) == ["undecided"] * 6
    # Seeds of a loss are equal here, so that any difference counts; distances 1 apart, 2 seeds of
    # 218 and 218.001 against 58 and 58.001, differ by far more than two errors of 0.0005.
    text = mnist_schedules.report(claimed)
    assert (
        "| linear: Frechet distance | 50.02 | 50.00 +- 0.00 (2) | none: the paper's is FID" in text
    )
    assert "digit-classifier, n = 2,000" in text
    assert "| real images | 8.00 |" in text
    assert "| linear | 2.0000 +- 0.0000 (2) | 0.1000 +- 0.0000 (2) |" in text


def test_pixels_that_leave_the_range_stand_beside_clipped_ones():
    early, late = {"psnr_unclipped": -10.0, "val_loss": 1.0}, {"val_loss": 1.0}
    pixels = {"psnr": 5.0, "psnr_unclipped": 4.0, "ssim": 0.1, "psnr_black": 9.6, "ssim_black": 0.2}
    found = {
        "trained-linear-0": result({"frechet": 50.0, **pixels}, [early, late]),
        "clipped-linear, clipped-0": result({"frechet": 40.0, "psnr": 9.0, "ssim": 0.11}, []),
    }
    text = mnist_schedules.report(found)
    assert "| linear | 5.000 (1) | 4.000 (1) | 0.100 (1) | -10.000 (1) |" in text
    assert "| linear, clipped | 9.000 (1) |  | 0.110 (1) |  |" in text
    assert "| all black | 9.600 (1) |  | 0.200 (1) |  |" in text
    assert "| linear, clipped | 40.00 (1) |" in text


def test_a_difference_is_taken_where_the_measure_is_the_papers():
    fid = {
        f"trained-linear-{seed}": result(
            {"frechet": 52.02 + seed}, [{"val_loss": 1.0}], extractor="inception", n=1000
        )
        for seed in range(2)
    }
    # 52.02 and 53.02: mean 52.52, error 0.5, and 52.52 - 50.02 = 2.50.
    line = "| linear: Frechet distance | 50.02 | 52.52 +- 0.50 (2) | +2.50 |"
    assert line in mnist_schedules.report(fid)
    for made in fid.values():
        made["measured"]["frechet"]["reference_samples"] = 50_000
    assert line not in mnist_schedules.report(fid)
    assert "n = 1,000 against 50,000 real ones |" in mnist_schedules.report(fid)
