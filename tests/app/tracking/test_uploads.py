from app.tracking import uploads


def test_names_of_images():
    assert uploads.image_key("samples-0012.png") == ("samples", 12)
    assert uploads.image_key("grid_epoch_3.png") == ("grid", 2)  # epochs count from 1, steps from 0
    assert uploads.image_key("final.png") == ("final", 0)
    assert uploads.image_key("deep/ema-7.png") == ("deep/ema", 7)
    assert uploads.image_key("0003.png") == ("image", 3)


def test_scores_by_name():
    nan = {"name": "a", "value": 1, "floor": float("nan"), "interval": None}
    assert uploads.flatten_scores({"a": nan}) == {"score/a": 1.0}
    assert uploads.flatten_scores({"b": {"value": 2, "samples": 9}, "c": 3}) == {
        "score/b": 2.0,
        "score/b.samples": 9.0,
        "score/c": 3.0,
    }
