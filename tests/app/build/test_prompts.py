"""One text a class."""

import pytest

from app.build.prompts import class_prompts
from app.errors import UserError


def test_wordings_of_digits_of_things_and_of_ones_own():
    assert class_prompts(("3", "4")) == ["a handwritten digit 3", "a handwritten digit 4"]
    assert class_prompts(("3", "cat")) == ["a photo of a 3", "a photo of a cat"]
    assert class_prompts(("cat",), "my {}!") == ["my cat!"]


def test_a_prompt_without_a_place_is_refused():
    with pytest.raises(UserError, match="must hold {}"):
        class_prompts(("cat",), "a cat")
