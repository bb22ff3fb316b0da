import numpy as np
import psutil

from app.metrics.rows_file import copied


def test_rows_of_a_mapped_file_are_copied_and_its_pages_given_back(tmp_path):
    def resident():
        """Bytes of the file that count as memory of this process."""
        maps = psutil.Process().memory_maps()
        return sum(part.rss for part in maps if part.path.endswith(str(tmp_path / "rows.npy")))

    np.save(tmp_path / "rows.npy", np.arange(18e6, dtype="float32").reshape(9000, 2000))  # 72 MB
    rows = np.load(tmp_path / "rows.npy", mmap_mode="r")
    assert float(rows.sum(dtype="float64")) > 0 and resident() > 70e6
    for group in range(4):
        part = copied(rows, np.arange(9000) % 4 == group)
        np.testing.assert_array_equal(part[:, 0], 2000.0 * np.arange(group, 9000, 4))
        assert resident() < 1e6
    np.testing.assert_array_equal(copied(rows, slice(2, 3))[0], np.arange(4000, 6000))
    assert resident() < 1e6
    assert float(rows[8999, 1999]) == np.float32(18e6 - 1)  # still there
    assert copied(np.ones((3, 2)), slice(0, 2)).shape == (2, 2)
