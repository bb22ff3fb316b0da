import numpy as np
import psutil

from app.metrics.rows_file import copied


def test_rows_of_a_mapped_file_are_copied_and_its_pages_given_back(tmp_path):
    def resident():
        return psutil.Process().memory_info().rss

    np.save(tmp_path / "rows.npy", np.arange(8e6, dtype="float32").reshape(4000, 2000))  # 32 MB
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    before = resident()
    for group in range(4):
        part = copied(rows, np.arange(4000) % 4 == group)
        np.testing.assert_array_equal(part[:, 0], 2000.0 * np.arange(group, 4000, 4))
    del part
    assert resident() - before < 16e6
    np.testing.assert_array_equal(copied(rows, slice(2, 3))[0], np.arange(4000, 6000))
    assert float(rows[3999, 1999]) == 8e6 - 1  # still there
    assert copied(np.ones((3, 2)), slice(0, 2)).shape == (2, 2)
