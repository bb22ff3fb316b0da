import pytest

from app.metrics.features import captions


def test_words_are_letters_or_figures():
    assert captions.split_words('A photo of the number: "42b", Über-dog') == [
        *("a", "photo", "of", "the", "number", "42", "b", "ber", "dog"),
    ]


def test_classes_stand_in_the_order_of_their_labels():
    assert [names[0] for names in captions.PHOTOS] == [
        *("airplane", "automobile", "bird", "cat", "deer"),
        *("dog", "frog", "horse", "ship", "truck"),
    ]
    assert captions.DIGITS[3] == ("3", "three") and len(captions.NAMES) == 20


def test_no_two_classes_share_a_name_and_no_wording_names_a_class():
    names = [name for names in captions.NAMES for name in names]
    assert len(set(names)) == len(names)
    wordings = {wording for wordings in captions.WORDINGS for wording in wordings}
    held_out = captions.HELD_OUT_PHOTO_WORDINGS + captions.HELD_OUT_DIGIT_WORDINGS
    for wording in [*wordings, *held_out]:
        assert not set(captions.split_words(wording)) & set(names), wording
        assert wording.count("{}") == 1


@pytest.mark.parametrize(
    ("held_out", "trained"),
    [
        (captions.HELD_OUT_PHOTO_WORDINGS, captions.PHOTO_WORDINGS),
        (captions.HELD_OUT_DIGIT_WORDINGS, captions.DIGIT_WORDINGS),
    ],
)
def test_held_out_wordings_are_held_out(held_out, trained):
    known = [sorted(captions.split_words(wording)) for wording in trained]
    assert not [each for each in held_out if sorted(captions.split_words(each)) in known]


def test_captions_and_words():
    assert "a photo of a lorry" in captions.captions(9)
    assert "a handwritten digit seven" in captions.captions(17)
    words = captions.vocabulary()
    assert words == sorted(set(words)) and {"dog", "7", "seven", "handwritten"} <= set(words)
    assert "snapshot" not in words
