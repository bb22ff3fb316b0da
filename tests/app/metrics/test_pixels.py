import keras
import numpy as np
import pytest
from scipy import ndimage

from app.metrics.pixels import psnr_of_pairs, psnr_scores, ssim_of_pairs, ssim_scores


@pytest.fixture(scope="module")
def images():
    generator = np.random.default_rng(0)
    noise = generator.normal(size=(12, 20, 17, 3))
    smooth = ndimage.gaussian_filter(noise, (0, 2, 2, 0))
    return np.clip(128 + 400 * smooth, 0, 255).astype("uint8")


def ssim_by_scipy(first, second, maximum):
    """Wang et al. 2004 with SciPy's Gaussian filter: 11 taps, the border of five cut off."""
    first, second = first.astype(float), second.astype(float)

    def smooth(plane):
        return ndimage.gaussian_filter(plane, 1.5, truncate=5 / 1.5)[5:-5, 5:-5]

    values = []
    for channel in range(first.shape[-1]):
        a, b = first[..., channel], second[..., channel]
        ma, mb = smooth(a), smooth(b)
        va, vb, cov = smooth(a * a) - ma**2, smooth(b * b) - mb**2, smooth(a * b) - ma * mb
        c1, c2 = (0.01 * maximum) ** 2, (0.03 * maximum) ** 2
        top = (2 * ma * mb + c1) * (2 * cov + c2)
        values.append(np.mean(top / ((ma**2 + mb**2 + c1) * (va + vb + c2))))
    return np.mean(values)


def test_ssim_is_scipy_s_and_keras_s(images):
    table = ssim_of_pairs(images[:4], images[4:9])
    expected = [[ssim_by_scipy(a, b, 255) for b in images[4:9]] for a in images[:4]]
    np.testing.assert_allclose(table, expected, rtol=1e-9)
    floats = images.astype("float32")
    by_keras = keras.ops.image.ssim(floats[:4], floats[4:8], max_val=255.0)
    found = np.diagonal(table)
    np.testing.assert_allclose(found, keras.ops.convert_to_numpy(by_keras), atol=2e-5)
    scaled = ssim_of_pairs(images[:4] / 255.0, images[4:9] / 255.0, maximum=1.0)
    np.testing.assert_allclose(scaled, table, rtol=1e-9)


def test_ssim_of_flat_images_by_hand():
    # No variance: (2 a b + c1) / (a^2 + b^2 + c1), c1 = 2.55^2 = 6.5025.
    dark, light = np.full((1, 11, 11, 1), 50), np.full((1, 11, 11, 1), 100)
    expected = (2 * 50 * 100 + 6.5025) / (50**2 + 100**2 + 6.5025)
    assert ssim_of_pairs(dark, light)[0, 0] == pytest.approx(expected, rel=1e-9)


def test_psnr_by_hand():
    # Difference 51 = 255 / 5 everywhere: 20 log10(5). One pixel in four: 10 log10(4) more.
    flat = np.full((1, 2, 2, 1), 51, "uint8")
    spot = np.array([51, 0, 0, 0], "uint8").reshape(1, 2, 2, 1)
    table = psnr_of_pairs(np.concatenate([flat, spot]), np.zeros((1, 2, 2, 1), "uint8"))
    five = 20 * np.log10(5)
    np.testing.assert_allclose(table[:, 0], [five, five + 10 * np.log10(4)], rtol=1e-12)
    assert psnr_of_pairs(flat, flat)[0, 0] == pytest.approx(100.0)
    with_one = psnr_of_pairs(flat / 255.0, spot / 255.0, maximum=1.0)
    assert with_one == pytest.approx(psnr_of_pairs(flat, spot))


def test_scores_average_over_pairs_with_baselines_beside(images):
    generated, real, unseen = images[:4], images[4:8], images[8:12]
    scores = psnr_scores(generated, real, unseen, description="blobs")
    pairs = [
        10 * np.log10(255**2 / np.mean((a.astype(float) - b) ** 2)) for a in generated for b in real
    ]
    assert scores["psnr"].value == pytest.approx(np.mean(pairs), rel=1e-12)
    assert "psnr_unclipped" not in scores, "nothing is known of images before they were clipped"
    assert scores["psnr"].floor == pytest.approx(psnr_of_pairs(unseen, real).mean())
    mean = real.mean(0, dtype=float)[None]
    assert scores["psnr_mean_image"].value == pytest.approx(psnr_of_pairs(mean, real).mean())
    assert scores["psnr_mean_image"].value > scores["psnr"].floor, "the mean image beats real ones"
    assert scores["psnr_black"].value < scores["psnr"].value
    low, high = scores["psnr"].interval
    assert low < scores["psnr"].value < high
    for name, score in scores.items():
        assert score.name == name and score.reference_samples == 4 and score.extractor == "pixels"
    similar = ssim_scores(generated, real)
    assert similar["ssim"].value == pytest.approx(ssim_of_pairs(generated, real).mean())
    assert similar["ssim"].floor is None and "needs 4 held-out" in similar["ssim"].note


def test_unclipped_images_may_go_below_zero(images):
    wild = np.random.default_rng(0).normal(0, 1000, (3, 20, 17, 3))
    scores = psnr_scores(wild, images, unclipped=wild[:2])
    assert scores["psnr_unclipped"].value < 0 < scores["psnr"].value
    assert scores["psnr_unclipped"].samples == 2
    error = np.mean((wild[:2, None] - images) ** 2, (2, 3, 4))
    by_hand = np.mean(10 * np.log10(255**2 / error))
    assert scores["psnr_unclipped"].value == pytest.approx(by_hand, rel=1e-9)
    assert "MAX 255, clipped to [0, 255]" in scores["psnr"].note


def test_images_smaller_than_the_window_are_told(images):
    with pytest.raises(ValueError, match="11x11 pixels. Received images of 10x17"):
        ssim_of_pairs(images[:, :10], images[:, :10])
