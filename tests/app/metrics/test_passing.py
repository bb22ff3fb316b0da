import numpy as np
import pytest

from app.metrics.features import DigitFeatures, Pixels
from app.metrics.passing import consecutive, passed

IMAGES = np.random.default_rng(0).integers(0, 256, (1203, 8, 8, 1), "uint8")


class Streamed:
    """Images that come in their order and cannot be sliced."""

    shape = IMAGES.shape

    def __len__(self):
        return len(IMAGES)

    def batches(self, size, shuffle, drop_remainder):
        assert not shuffle and not drop_remainder
        for start in range(0, len(IMAGES), size):
            yield IMAGES[start : start + size], None


@pytest.mark.parametrize("images", [IMAGES, Streamed()], ids=["array", "stream"])
def test_all_images_come_once_in_their_order(images):
    parts = list(consecutive(images, 500))
    assert [len(part) for part in parts] == [500, 500, 203]
    np.testing.assert_array_equal(np.concatenate(parts), IMAGES)
    features = passed(images, Pixels((8, 8, 1)))["features"]
    np.testing.assert_array_equal(features, IMAGES.reshape(1203, 64).astype("f4") / 255)


def test_the_batch_size_has_no_effect(tmp_path):
    """Also where it divides neither the images nor what is read at once."""
    done = []
    whole = passed(IMAGES[:300], DigitFeatures(batch_size=300), tmp_path, done.append)
    parts = passed(IMAGES[:300], DigitFeatures(batch_size=77), None)
    assert whole["features"].shape == (300, 1024) and whole["logits"].shape == (300, 10)
    assert done[-1] == 300
    for name, values in whole.items():
        np.testing.assert_allclose(parts[name], values, rtol=1e-4, atol=1e-5)


def test_an_extractor_that_loses_images_is_found_out():
    class Loses(Pixels):
        def __call__(self, images):
            return super().__call__(images)[1:]

    with pytest.raises(ValueError, match="Expected 1203 rows of features. Received: 1201"):
        passed(IMAGES, Loses((8, 8, 1)))
