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
    # fmd_raw falls by 5, 3, 1 while cmmd, which falls all the way too, does by 1, 3, 5: the rank
    # correlation of their changes is -1. SWA is worse, 120 above 50 and 12 above 11.
    found, _ = verdicts(50.0, 120.0, (20.0, 19.0, 16.0, 11.0))
    assert list(found.values()) == ["fails", "fails", "fails"]
    assert swa.metrics_of({}) == []
