import numpy as np
import pytest
from scipy import ndimage

from app.data import load
from app.data.digit_attributes import DigitAttributes, judge_of
from app.data.digit_shape import digit_shape

judge = DigitAttributes()
rows, columns = np.indices((28, 28))


def measured(*pictures):
    """Measures and attributes of pictures of booleans."""
    images = np.stack(pictures)[..., None].astype("uint8") * np.uint8(255)
    shape, vectors = digit_shape(images), judge(images)
    names = [{name for name, v in zip(judge.names, row, strict=True) if v > 0} for row in vectors]
    return shape, names


def bar(height, width, lean=0.0):
    """An upright bar in the middle, moved `lean` pixels to the right for each row upwards."""
    middle = 14 + np.round(lean * (14 - rows))
    left = middle - width // 2
    return (abs(rows - 13.5) < height / 2) & (columns >= left) & (columns < left + width)


def ring(row, column, radius, width=1.5):
    return abs(np.hypot(rows - row, columns - column) - radius) <= width / 2


def test_a_stroke_has_the_mean_distance_of_its_pixels():
    shape, names = measured(bar(20, 1), bar(20, 2), bar(20, 6), bar(6, 20))
    # 6 wide: distances 1 2 3 3 2 1 but for the 6 rows at the ends, where they are cut to 1, 2, 3.
    wide = np.minimum(np.r_[1:4, 3:0:-1][:, None], np.minimum(np.r_[1:21], np.r_[20:0:-1]))
    np.testing.assert_allclose(shape["stroke"], [1, 1, wide.mean(), wide.mean()])
    assert ["thick" in found for found in names] == [False, False, True, True]


def test_proportions():
    shape, names = measured(bar(20, 4), bar(4, 20), bar(20, 14))
    np.testing.assert_allclose(shape["aspect"], [0.2, 5.0, 0.7])
    assert "tall" in names[0] and "wide" in names[1] and not {"tall", "wide"} & names[2]


def test_a_slanted_bar_leans_where_its_top_is():
    shape, names = measured(bar(20, 2, 0.5), bar(20, 2, -0.5), bar(20, 2))
    np.testing.assert_allclose(shape["slant"], [0.5, -0.5, 0], atol=0.03)
    assert "slanted_right" in names[0] and "slanted_left" in names[1]
    assert not {"slanted_left", "slanted_right"} & (names[2] | (names[0] & names[1]))


def test_a_ring_has_a_hole_and_an_eight_has_two():
    eight = ring(9, 14, 4) | ring(18, 14, 5)
    broken = ring(14, 14, 7) & ~((columns > 14) & (abs(rows - 14) < 3))
    dot = bar(9, 9)
    dot[14, 14] = dot[14, 13] = False  # two pixels: too small
    three = dot.copy()
    three[13, 13] = False
    beside_edge = np.zeros((28, 28), bool)
    beside_edge[:6, :6] = True
    beside_edge[:4, 1:4] = False  # open to the edge of the image
    shape, names = measured(ring(14, 14, 7), eight, broken, dot, three, beside_edge)
    assert shape["holes"].tolist() == [1, 2, 0, 0, 1, 0]
    assert [len({"has_hole", "two_holes"} & found) for found in names] == [1, 2, 0, 0, 1, 0]
    # A step over a corner is no way out of a hole.
    corner = np.zeros((28, 28), bool)
    corner[10:16, 10:16] = True
    corner[11:15, 11:15] = False
    corner[10, 10] = False
    assert measured(corner)[0]["holes"].tolist() == [1]


def test_weight_above_and_below_the_middle_of_the_box():
    seven = bar(20, 2).copy()
    seven[4:8, 6:22] = True  # 64 pixels above; the bar has 20 in each half of which 8 are under it
    shape, names = measured(seven, seven[::-1], bar(21, 2))
    np.testing.assert_allclose(shape["balance"], [56 / 96, -56 / 96, 0])
    assert "top_heavy" in names[0] and "bottom_heavy" in names[1]
    assert not {"top_heavy", "bottom_heavy"} & names[2]


def test_symmetry_is_that_of_the_box_wherever_it_lies():
    gamma = bar(20, 2).copy()
    gamma[4:6, 15:23] = True
    shape, names = measured(ring(14, 14, 7), np.roll(ring(14, 14, 7), 5, 1), gamma)
    assert shape["symmetry"][:2].tolist() == [1, 1] and "symmetric" in names[1]
    # Box 10 wide: the bar's 2 columns lie alone below (18 rows), the 2 rows above are full.
    np.testing.assert_allclose(shape["symmetry"][2], 1 - 2 * 36 / (2 * 56))
    assert "symmetric" not in names[2]


def alone(picture):
    """The measures of one image, by SciPy and numpy one image at a time."""
    ink = picture >= 96
    y, x = np.nonzero(ink)
    box = picture[y.min() : y.max() + 1, x.min() : x.max() + 1].astype(float)
    half = len(box) // 2
    parts, count = ndimage.label(np.pad(~ink, 1, constant_values=True))
    sizes = ndimage.sum_labels(np.ones_like(parts), parts, range(1, count + 1))
    return {
        "stroke": ndimage.distance_transform_edt(np.pad(ink, 1))[1:-1, 1:-1][ink].mean(),
        "aspect": box.shape[1] / box.shape[0],
        "slant": -np.cov(x, y)[0, 1] / np.var(y, ddof=1),
        "holes": sum(sizes >= 3) - 1,
        "balance": (box[:half].sum() - box[len(box) - half :].sum()) / box.sum(),
        "symmetry": 1 - np.abs(box - box[:, ::-1]).sum() / (2 * box.sum()),
    }


def test_images_taken_together_are_measured_as_each_alone():
    images = load("mnist-5k").images[::10]
    together = digit_shape(images)
    for number, image in enumerate(images[..., 0]):
        for name, value in alone(image).items():
            np.testing.assert_allclose(together[name][number], value, atol=1e-12, err_msg=name)


def test_shares_in_mnist_are_those_of_the_docstring(shared_data):
    mnist = load("mnist", shared_data)
    found = dict(zip(judge.names, (judge(mnist.images) > 0).T, strict=True))
    shares = {name: round(100 * float(has.mean())) for name, has in found.items()}
    assert list(shares.values()) == [26, 32, 27, 25, 25, 38, 7, 25, 25, 24]
    assert round(100 * float(found["two_holes"][mnist.labels == 8].mean())) == 64
    by_class = [found["has_hole"][mnist.labels == digit].mean() for digit in range(10)]
    assert round(100 * by_class[0]) == 91 and round(100 * by_class[2]) == 34 and by_class[1] < 0.01


def test_without_ink_nothing_is_there():
    assert (judge(np.zeros((3, 28, 28, 1), "uint8")) == -1).all()
    full = judge(np.full((1, 28, 28, 1), 255, "uint8"))[0] > 0
    assert {n for n, has in zip(judge.names, full, strict=True) if has} == {
        "thick",
        "wide",
        "symmetric",
    }


def test_a_judge_for_grey_digits_only():
    assert judge_of(("two_holes", "thick"), (28, 28, 1)).name == "digit-attributes"
    assert judge_of(("thick", "Male"), (28, 28, 1)) is None and judge_of((), (28, 28, 1)) is None
    assert judge_of(("thick",), (32, 32, 3)) is None
    with pytest.raises(ValueError, match=r"28x28 pixels.*Received: \(1, 8, 8, 1\)"):
        judge(np.zeros((1, 8, 8, 1), "uint8"))
