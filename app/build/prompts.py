"""From the names of classes to one text a class, for encoders of images and texts."""

from app.errors import UserError


def class_prompts(class_names, prompt=None):
    """Returns one text a class.

    Args:
        class_names: names, in the order of the labels.
        prompt: text with {} for the class; None: "a photo of a {}", of digits "a handwritten
            digit {}".

    Raises:
        UserError: the text has no {}.

    Example:
        >>> class_prompts(("cat", "dog"))
        ['a photo of a cat', 'a photo of a dog']
    """
    if prompt is not None and "{}" not in prompt:
        raise UserError(f"`--prompt` must hold {{}}, the place of the class. Received: {prompt!r}.")
    digits = all(name.isdigit() for name in class_names)
    prompt = prompt or ("a handwritten digit {}" if digits else "a photo of a {}")
    return [prompt.replace("{}", name) for name in class_names]
