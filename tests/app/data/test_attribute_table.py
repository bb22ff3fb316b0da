from pathlib import Path

import pytest

from app.data.attribute_table import read_attributes
from app.errors import UserError

ROOT = Path("/photos")
FILES = [ROOT / "a.png", ROOT / "b.png"]


@pytest.fixture
def table(tmp_path):
    """A function: text (or bytes) to the path of a CSV of it."""

    def write(content):
        path = tmp_path / "list.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    return write


def test_rows_are_found_by_name_in_any_order(table):
    path = table("\ufefffile, bald ,male\nc.png,1,1\nb.png,-1,1\n\na.png,1,0\n")
    names, values = read_attributes(path, FILES, ROOT)
    assert names == ("bald", "male") and values.dtype == "float32"
    assert values.tolist() == [[1, 0], [-1, 1]]  # -1 is there, so 0 means unknown


def test_noughts_and_ones_become_minus_and_plus(table):
    _, values = read_attributes(table("file,x,y\na.png,0,1\nb.png,1,0"), FILES, ROOT)
    assert values.tolist() == [[-1, 1], [1, -1]]


def test_images_of_one_name_are_told_apart_by_their_folders(table):
    files = [ROOT / "one" / "a.png", ROOT / "two" / "a.png"]
    path = table("file,x\none/a.png,1\ntwo/a.png,-1\n")
    assert read_attributes(path, files, ROOT)[1].tolist() == [[1], [-1]]
    with pytest.raises(UserError, match="tell images of one name apart.*like 'one/a.png'"):
        read_attributes(table("file,x\na.png,1\n"), files, ROOT)


@pytest.mark.parametrize(
    "content, sentence",
    [
        ("", "It is empty"),
        ("file\na.png\n", "header.*Received: 'file'"),
        ("file,x,x\na.png,1,1\n", "each once"),
        ("file,x,\na.png,1,1\n", "header"),
        ("file,x\na.png,1\n", "none for 'b.png'"),
        ("file,x\na.png,1\nb.png\n", "Row 3 of .* must have 1 attributes"),
        ("file,x\na.png,1\nb.png,1,1\n", "Row 3 .*Received: '1,1'"),
        ("file,x\na.png,yes\nb.png,1\n", "Row 2 .*-1, 0 or 1. Received: 'yes'"),
        ("file,x\na.png,2\nb.png,1\n", "Received: '2'"),
        ("file,x\na.png,nan\nb.png,1\n", "Received: 'nan'"),
        ("file,x\na.png,1\na.png,1\nb.png,1\n", "Row 3 repeats 'a.png'"),
        (b"file,x\na.png,\xff\n", "could not be read"),
    ],
)
def test_a_bad_table_is_refused_by_a_sentence(table, content, sentence):
    with pytest.raises(UserError, match=sentence):
        read_attributes(table(content), FILES, ROOT)


def test_no_table_at_all(tmp_path):
    with pytest.raises(UserError, match="could not be read"):
        read_attributes(tmp_path / "none.csv", FILES, ROOT)
    with pytest.raises(UserError, match="could not be read"):
        read_attributes(tmp_path, FILES, ROOT)
