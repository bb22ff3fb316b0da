"""The captions the image-text encoder is trained on, the wordings held out, and its words."""

import re

# One line a class, the label's own name first; CIFAR-10's ten, then the ten digits.
PHOTOS = (
    ("airplane", "aeroplane", "plane", "aircraft", "jet"),
    ("automobile", "car", "sedan"),
    ("bird", "birdie"),
    ("cat", "kitten", "kitty"),
    ("deer", "stag", "elk"),
    ("dog", "puppy", "hound"),
    ("frog", "toad"),
    ("horse", "pony", "stallion"),
    ("ship", "boat", "vessel"),
    ("truck", "lorry"),
)
DIGITS = tuple(
    (str(digit), word)
    for digit, word in enumerate(
        ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    )
)
PHOTO_WORDINGS = (
    "a photo of a {}",
    "a photo of the {}",
    "a picture of a {}",
    "an image of a {}",
    "a small photo of a {}",
    "a blurry photo of a {}",
    "a low resolution photo of a {}",
    "a colour photograph of a {}",
    "a close-up photo of a {}",
    "this is a {}",
    "a {}",
    "{}",
)
DIGIT_WORDINGS = (
    "a handwritten digit {}",
    "the handwritten digit {}",
    "a photo of the number {}",
    "a photo of the digit {}",
    "a photo of a handwritten {}",
    "an image of the number {}",
    "a grey image of the digit {}",
    "a {} written by hand",
    "this is the digit {}",
    "the number {}",
    "digit {}",
    "{}",
)
# Never trained on; some of their words are unknown to the encoder.
HELD_OUT_PHOTO_WORDINGS = (
    "there is a {} in this snapshot",
    "a good shot of my {}",
    "a tiny thumbnail that shows the {}",
)
HELD_OUT_DIGIT_WORDINGS = (
    "somebody wrote the numeral {} with a pen",
    "the digit {} in white on black",
    "a scan of {}",
)
NAMES = PHOTOS + DIGITS
WORDINGS = (PHOTO_WORDINGS,) * 10 + (DIGIT_WORDINGS,) * 10


def split_words(text):
    """Returns the words of a text: lower-case letters in a row, or digits in a row.

    Example:
        >>> split_words('A close-up of "3"')
        ['a', 'close', 'up', 'of', '3']
    """
    return re.findall(r"[a-z]+|[0-9]+", text.lower())


def captions(label):
    """Returns every caption of a class, 0 to 19.

    Example:
        >>> captions(13)[:2]
        ['a handwritten digit 3', 'the handwritten digit 3']
    """
    return [wording.format(name) for name in NAMES[label] for wording in WORDINGS[label]]


def vocabulary():
    """Returns the sorted words of all captions.

    Example:
        >>> vocabulary()[:3]
        ['0', '1', '2']
    """
    every = (word for label in range(20) for text in captions(label) for word in split_words(text))
    return sorted(set(every))
