from pathlib import Path

import numpy as np
import pytest

from app.errors import UserError
from app.metrics.features.word_pieces import WordPieces, words
from tests.app.metrics.features.align_tensors import TEXTS, VOCABULARY

GOLDEN = np.load(Path(__file__).parent / "fixtures/align.npz")  # BertTokenizer, transformers 5.24.0


@pytest.fixture
def vocabulary(tmp_path):
    path = tmp_path / "vocab.txt"
    path.write_text("\n".join(VOCABULARY) + "\n", encoding="utf-8")
    return path


def test_equals_transformers(vocabulary):
    tokens, mask = WordPieces(vocabulary, 20)(TEXTS)
    assert tokens.dtype == np.int32 and mask.dtype == np.float32
    np.testing.assert_array_equal(tokens, GOLDEN["tokens"])
    np.testing.assert_array_equal(mask, GOLDEN["mask"])


def test_the_longest_piece_comes_first(vocabulary):
    pieces = WordPieces(vocabulary, 20)
    assert pieces.pieces("embeddings unable") == ["em", "##bed", "##dings", "un", "##able"]
    assert pieces.pieces("unx") == ["[UNK]"]  # not "un", "[UNK]"


def test_words_of_the_paper_rules():
    assert words("Ünïcode, don't\u00a0STOP!") == ["unicode", ",", "don", "'", "t", "stop", "!"]
    assert words("a\u4e2db") == ["a", "\u4e2d", "b"]
    assert words(" \t\n") == []


def test_long_texts_lose_their_end(vocabulary):
    tokens, mask = WordPieces(vocabulary, 4)(["a cat of the dog"])
    assert tokens.tolist() == [[2, 5, 9, 3]] and mask.all()


def test_windows_line_ends_change_nothing(vocabulary):
    expected = WordPieces(vocabulary, 20).numbers
    vocabulary.write_bytes(vocabulary.read_bytes().replace(b"\n", b"\r\n"))
    assert WordPieces(vocabulary, 20).numbers == expected


def test_other_vocabularies_and_texts_are_refused(vocabulary, tmp_path):
    with pytest.raises(UserError, match="no such file"):
        WordPieces(tmp_path / "none.txt", 20)
    with pytest.raises(ValueError, match="at least 2"):
        WordPieces(vocabulary, 1)
    with pytest.raises(ValueError, match="a list of texts"):
        WordPieces(vocabulary, 20)("a cat")
    with pytest.raises(ValueError, match="a list of texts"):
        WordPieces(vocabulary, 20)([b"a cat"])
    vocabulary.write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="no text"):
        WordPieces(vocabulary, 20)
    vocabulary.write_text("a\nb")
    with pytest.raises(UserError, match=r"lacks the token \[PAD\]"):
        WordPieces(vocabulary, 20)
