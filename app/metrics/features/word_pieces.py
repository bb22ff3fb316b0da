"""Cuts English text into the word pieces of BERT (uncased): the tokens that text encoders read."""

import unicodedata
from pathlib import Path

import numpy as np

from app.errors import UserError

PADDING, UNKNOWN, FIRST, LAST = "[PAD]", "[UNK]", "[CLS]", "[SEP]"
LONGEST = 100  # characters of a word; a longer one is unknown
# Code points of Chinese characters, each a word of its own.
CHINESE = (
    (0x4E00, 0x9FFF),
    (0x3400, 0x4DBF),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2B73F),
    (0x2B740, 0x2B81F),
    (0x2B820, 0x2CEAF),
    (0xF900, 0xFAFF),
    (0x2F800, 0x2FA1F),
)


class WordPieces:
    """Turns texts into rows of token numbers of one length.

    A text is cleaned of control characters, lower-cased, stripped of accents and split at spaces
    and punctuation; each word becomes the longest piece of the vocabulary it begins with, then the
    longest that goes on ("##" before it), and so on. A word that cannot be cut so is `[UNK]`.

    Args:
        path: file; the vocabulary (`vocab.txt`), one piece a line, its number the line's, from 0.
        length: int, at least 2; tokens in a row, `[CLS]` and `[SEP]` included. Longer texts lose
            their end, shorter ones are filled up with `[PAD]`.

    Call arguments:
        texts: list of str.

    Output shape:
        A pair: tokens, int32 `(texts, length)`, and mask, float32 `(texts, length)`, 1 for a token
        and 0 for padding.

    Raises:
        UserError: if the vocabulary is missing, not text, or lacks one of the four special tokens.
        ValueError: if the texts are no list of strings.

    Example:
        ```python
        pieces = WordPieces("align-base/vocab.txt", length=64)
        pieces(["a photo of a cat"])[0][0, :7]  # 101, 1037, 6302, 1997, 1037, 4937, 102
        ```

    References:
        Devlin et al. 2019, arXiv:1810.04805v2; equal to transformers' BertTokenizer on the texts
        of the tests, except that names of special tokens in a text are read as plain text.
    """

    def __init__(self, path, length):
        if length < 2:
            raise ValueError(f"`length` must be at least 2. Received: length={length}")
        try:
            lines = Path(path).read_text(encoding="utf-8").split("\n")
        except (FileNotFoundError, UnicodeDecodeError) as error:
            raise UserError(
                f"Expected a vocabulary of word pieces, one a line, at {path}. Received: "
                f"{'no such file' if isinstance(error, FileNotFoundError) else 'no text'}. "
                "Put the vocab.txt of the weights there."
            ) from error
        while lines and not lines[-1]:
            lines.pop()
        self.numbers = {piece.rstrip("\r"): number for number, piece in enumerate(lines)}
        self.size, self.length = len(lines), int(length)
        for token in (PADDING, UNKNOWN, FIRST, LAST):
            if token not in self.numbers:
                raise UserError(
                    f"The vocabulary {path} lacks the token {token}: it is none of BERT's. "
                    "Put the vocab.txt of the weights there."
                )

    def __call__(self, texts):
        """Returns tokens and mask."""
        if isinstance(texts, str) or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"Expected a list of texts. Received: {texts!r:.80}")
        tokens = np.full((len(texts), self.length), self.numbers[PADDING], np.int32)
        mask = np.zeros((len(texts), self.length), np.float32)
        for row, text in enumerate(texts):
            pieces = [FIRST, *self.pieces(text)[: self.length - 2], LAST]
            tokens[row, : len(pieces)] = [self.numbers[piece] for piece in pieces]
            mask[row, : len(pieces)] = 1
        return tokens, mask

    def pieces(self, text):
        """Returns the pieces of a text, without the special tokens around it."""
        return [piece for word in words(text) for piece in self._cut(word)]

    def _cut(self, word):
        """Returns the pieces of one word: greedy, the longest first."""
        found, start = [], 0
        while start < len(word) <= LONGEST:
            prefix = "##" if start else ""
            ends = range(len(word), start, -1)
            end = next((end for end in ends if prefix + word[start:end] in self.numbers), None)
            if end is None:
                return [UNKNOWN]
            found.append(prefix + word[start:end])
            start = end
        return found or [UNKNOWN]


def words(text):
    """Splits a text into lower-case words without accents; each punctuation mark is a word.

    Example:
        >>> words("A café's menu")
        ['a', 'cafe', "'", 's', 'menu']
    """
    plain = unicodedata.normalize("NFD", "".join(map(_cleaned, text)).lower())
    spaced = []
    for character in plain:
        if unicodedata.category(character) != "Mn":
            spaced.append(f" {character} " if _stands_alone(character) else character)
    return "".join(spaced).split()


def _cleaned(character):
    """Spaces of all kinds become one kind; control characters and broken ones vanish."""
    if character in "\t\n\r" or unicodedata.category(character) == "Zs":
        return " "
    broken = character in "\0\ufffd" or unicodedata.category(character).startswith("C")
    return "" if broken else character


def _stands_alone(character):
    """Whether it is punctuation (ASCII signs such as $ and ^ too) or Chinese."""
    code = ord(character)
    if code < 128:
        return 33 <= code and not character.isalnum() and code != 127
    if unicodedata.category(character).startswith("P"):
        return True
    return any(low <= code <= high for low, high in CHINESE)
