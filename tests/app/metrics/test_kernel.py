import numpy as np
import pytest

from app.metrics.kernel import KernelSums, cubic_kernel, rbf_kernel


def pair_by_pair(kernel, first, second, unbiased):
    """MMD^2 by loops over pairs, as printed (Gretton et al. 2012, eq. 3 and 5)."""
    total = [[], [], []]
    for place, (a, b) in enumerate([(first, first), (second, second), (first, second)]):
        for i, x in enumerate(a):
            for j, y in enumerate(b):
                if place == 2 or not unbiased or i != j:
                    total[place].append(kernel(x, y))
    return np.mean(total[0]) + np.mean(total[1]) - 2 * np.mean(total[2])


KERNELS = {
    "cubic": (cubic_kernel, lambda x, y: (np.dot(x, y) / len(x) + 1) ** 3),
    "rbf": (rbf_kernel(1.7), lambda x, y: np.exp(-np.sum((x - y) ** 2) / (2 * 1.7**2))),
}


@pytest.mark.parametrize("unbiased", [True, False])
@pytest.mark.parametrize("name", KERNELS)
@pytest.mark.parametrize("block", [5, 7, 100])
def test_sums_in_blocks_equal_loops_over_pairs(name, unbiased, block):
    generator = np.random.default_rng(0)
    first, second = generator.normal(size=(23, 4)), generator.normal(0.5, size=(17, 4))
    kernel, scalar = KERNELS[name]
    member = np.arange(23) % 3
    sums = KernelSums.of(kernel, first, second, member, block)
    expected = pair_by_pair(scalar, first, second, unbiased)
    assert sums.squared_mmd(unbiased) == pytest.approx(expected, rel=1e-12)
    without = [pair_by_pair(scalar, first[member != g], second, unbiased) for g in range(3)]
    np.testing.assert_allclose(sums.squared_mmd_without_each(unbiased), without, rtol=1e-12)


def test_width_must_be_positive():
    with pytest.raises(ValueError, match="above 0. Received: sigma=0"):
        rbf_kernel(0)
