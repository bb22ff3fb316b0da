"""The table of averaged weights: verdicts worked by hand on made results."""

from app.reproductions.tables import swa
from tests.app.reproductions.made_up import result


def test_averaged_weights():
    def run(raw, swa_, image_text):
        rows = [
            {
                "fmd_raw": raw + above,
                "cmmd_image_text_raw": distance,
                "fmd_swa": swa_,
                "cmmd_image_text_swa": swa_ / 10,
            }
            for above, distance in zip((9, 4, 1, 0), image_text, strict=True)
        ]
        return result({"frechet": raw}, rows)

    def verdicts(raw, swa_, image_text=(20.0, 15.0, 12.0, 11.0)):
        found = {f"trained-denoiser-{s}": run(raw + s / 100, swa_, image_text) for s in range(2)}
        return swa.claims(found), swa.report(found)

    found, text = verdicts(50.0, 40.0)
    assert list(found.values()) == ["holds", "holds", "holds"]
    assert "| fmd | 50.005 +- 0.005 (2) | 40.000 +- 0.000 (2) |  | swa, raw |" in text
    assert "| cmmd_image_text | 1.00, 1.00 |" in text
    assert "not measured yet" in text
    # fmd_raw falls by 5, 3, 1 while cmmd, which falls all the way too, does by 1, 3, 5: the rank
    # correlation of their changes is -1. SWA is worse, 120 above 50 and 12 above 11.
    found, _ = verdicts(50.0, 120.0, (20.0, 19.0, 16.0, 11.0))
    assert list(found.values()) == ["fails", "fails", "fails"]
    assert swa.metrics_of({}) == []


def test_the_last_weights_stand_beside_the_floor():
    drawn = {"raw": 13.0, "swa": 12.0, "ema": 11.0}
    found = {
        f"weights-{weights}-0": result({"frechet": value}, floor=6.5)
        for weights, value in drawn.items()
    }
    text = swa.report({"trained-denoiser-0": result({"frechet": 11.0}), **found})
    assert "## After the last epoch, digit-classifier, n = 2,000" in text
    for line in ("| raw | 13.00 (1) |", "| ema | 11.00 (1) |", "| real images | 6.50 |"):
        assert line in text
    children = [swa.children("cpu", 2)[f"weights-{weights}-1"] for weights in drawn]
    assert [child.weights for child in children] == list(drawn)
    assert {child.of for child in children} == {"trained-denoiser-1"}
