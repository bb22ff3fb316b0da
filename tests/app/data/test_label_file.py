import numpy as np
import pytest

from app.data.label_file import from_file
from app.data.label_noise import symmetric
from app.errors import UserError

CLEAN = np.repeat(np.arange(10), 2000)


def test_labels_come_back_from_a_file(tmp_path):
    noisy = symmetric(CLEAN, 10, 0.4, seed=2)
    np.save(tmp_path / "labels.npy", noisy.labels)
    np.savetxt(tmp_path / "labels.txt", noisy.labels, fmt="%d")
    for name in ("labels.npy", "labels.txt"):
        read = from_file(tmp_path / name, CLEAN, 10)
        np.testing.assert_array_equal(read.labels, noisy.labels)
        assert read.rate == noisy.rate and name in read.description


def test_files_that_do_not_fit_are_told(tmp_path):
    np.save(tmp_path / "short.npy", CLEAN[:5])
    np.save(tmp_path / "large.npy", CLEAN + 1)
    (tmp_path / "words.txt").write_text("cat\ndog\n")
    whole = (tmp_path / "large.npy").read_bytes()
    for name, content in {
        "empty.npy": b"",
        "empty.txt": b"\n",
        "cut.npy": whole[:-1],
        "zip.npy": b"PK\x03\x04 and no more",
    }.items():
        (tmp_path / name).write_bytes(content)
    for name, words in (
        ("none.npy", "which is none"),
        ("short.npy", "20000 labels were expected.*Received: 5"),
        ("large.npy", "from 0 to 9 were expected. Received: 1 to 10"),
        ("words.txt", "whole numbers"),
        ("empty.npy", "which is empty"),
        ("empty.txt", "which is empty"),
        ("cut.npy", "whole numbers"),
        ("zip.npy", "whole numbers"),
    ):
        with pytest.raises(UserError, match=words):
            from_file(tmp_path / name, CLEAN, 10)
