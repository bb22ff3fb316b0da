import numpy as np
import pytest

from app.metrics.features import EXTRACTORS, extractor
from app.metrics.features.pixels import Pixels


def test_rows_of_pixels():
    images = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
    rows = Pixels((2, 2, 3))(images)
    np.testing.assert_allclose(rows, np.arange(24).reshape(2, 12) / 255, rtol=1e-6)
    assert rows.dtype == np.float32 and rows.shape[1] == Pixels((2, 2, 3)).dimension


def test_digest_knows_the_shape():
    assert Pixels((2, 2, 3)).digest != Pixels((2, 3, 2)).digest


def test_other_shapes_are_refused():
    with pytest.raises(ValueError, match="Received: \\(3, 3, 1\\)"):
        Pixels((2, 2, 1))(np.zeros((1, 3, 3, 1), np.uint8))


def test_registry():
    known = (
        "align, cifar-classifier, clip-vit-b32, clip-vit-l14-336, digit-classifier, image-text, "
        "inception, pixels, siglip"
    )
    assert ", ".join(EXTRACTORS) == known
    assert extractor("pixels", shape=(2, 2, 1)).dimension == 4
    with pytest.raises(ValueError, match=f"Choose one of: {known}"):
        extractor("vgg")
