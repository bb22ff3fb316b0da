import shutil

import numpy as np
import pytest
from PIL import Image

from app.errors import UserError
from app.metrics.features.cifar_classifier import CifarFeatures
from app.metrics.features.digit_classifier import DigitFeatures
from app.metrics.features.image_text_encoder import ImageTextFeatures
from app.metrics.features.shipped import resized, sha256, write_shipped

SHIPPED = [CifarFeatures, DigitFeatures, ImageTextFeatures]
IMAGES = np.random.default_rng(0).integers(0, 256, (7, 32, 32, 3), dtype=np.uint8)


@pytest.mark.parametrize("kind", SHIPPED)
def test_weights_match_their_record(kind):
    extractor = kind(batch_size=8)
    weights = kind.stem.with_name(extractor.record["weights"])
    assert sha256(weights) == extractor.record["sha256"]
    assert weights.stat().st_size < 5_000_000
    assert len(extractor.digest) == 64
    assert {"preprocessing", "data", "epochs", "date", "command"} <= set(extractor.record)


@pytest.mark.parametrize("kind", SHIPPED)
def test_features_do_not_depend_on_the_batch(kind):
    features = kind(batch_size=7)(IMAGES)
    assert features.shape == (7, kind.dimension) and features.dtype == np.float32
    np.testing.assert_allclose(kind(batch_size=3)(IMAGES), features, rtol=1e-4, atol=1e-4)
    assert kind(batch_size=7)(IMAGES[:0]).shape == (0, kind.dimension)


@pytest.mark.parametrize("kind", SHIPPED)
def test_tampered_weights_are_refused(kind, tmp_path):
    stem = tmp_path / "tampered"
    shutil.copy(f"{kind.stem}.json", f"{stem}.json")
    with open(f"{kind.stem}.weights.h5", "rb") as file:
        data = bytearray(file.read())
    data[-100] ^= 1
    (tmp_path / "tampered.weights.h5").write_bytes(data)
    with pytest.raises(UserError, match="scores made with them would not compare"):
        kind(stem=stem)


@pytest.mark.parametrize("kind", SHIPPED)
def test_missing_weights_are_told_with_the_script_that_makes_them(kind, tmp_path):
    with pytest.raises(UserError, match=f"The {kind.title} needs .*`python -m {kind.script}`"):
        kind(stem=tmp_path / "nothing")


@pytest.mark.parametrize("kind", SHIPPED)
def test_only_uint8_batches(kind):
    with pytest.raises(ValueError, match="uint8"):
        kind(batch_size=8)(IMAGES / 255)


@pytest.mark.parametrize("size", [(8, 8), (56, 56), (45, 33)])
def test_resize_equals_pillow(size):
    images = np.random.default_rng(0).integers(0, 256, (2, *size, 1), dtype=np.uint8)
    expected = [
        np.asarray(
            Image.fromarray(image[..., 0].astype("float32")).resize((32, 32), Image.BILINEAR)
        )
        for image in images
    ]
    np.testing.assert_allclose(resized(images, 32)[..., 0] * 255, expected, atol=1e-2)


def test_the_record_stands_beside_the_weights(tmp_path):
    network = DigitFeatures(batch_size=8).network
    record = write_shipped(network, tmp_path / "judge", {"epochs": 3})
    assert list(record) == ["weights", "sha256", "epochs"]
    assert record["sha256"] == sha256(tmp_path / "judge.weights.h5")
    assert DigitFeatures(stem=tmp_path / "judge").record == record
