"""Attribute control: has a generated image what was asked for, and how often without asking?"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from app.metrics.intervals import proportion_interval
from app.metrics.score import Score


@dataclass(eq=False)
class DrawnByAttributes:
    """Images drawn for combinations of attributes, and as many drawn without asking.

    Args:
        combinations: texts, names with commas between them; in each image all others were absent.
        asked: uint8 (combinations, count, height, width, channels).
        unasked: uint8 of the same shape; the same noise, image by image, and nothing said.
        judge: says which attributes images have (`app.data.digit_attributes`), or None.
    """

    combinations: tuple
    asked: np.ndarray
    unasked: np.ndarray
    judge: object = None

    @cached_property
    def verdicts(self):
        """{"asked", "unasked"} of bool (combinations, count): has an image all that was asked for?

        None without a judge.
        """
        if self.judge is None:
            return None
        return {
            name: np.stack(
                [
                    has_all(self.judge, part, combination)
                    for part, combination in zip(images, self.combinations, strict=True)
                ]
            )
            for name, images in {"asked": self.asked, "unasked": self.unasked}.items()
        }


def has_all(judge, images, combination):
    """Whether each image has all attributes of a combination, bool (count,).

    Args:
        judge: the judge of the attributes.
        images: uint8 (count, height, width, channels).
        combination: text, names with commas between them.
    """
    columns = [judge.names.index(name.strip()) for name in combination.split(",")]
    return np.all(judge(images)[:, columns] > 0, axis=1)


def control_scores(drawn, real=None):
    """Measures how far asking for attributes brings them about.

    Use it with models conditional on attributes that can be measured. A share says something beside
    its share without asking only: if a third of all images are wide, a third would be anyway.

    Formula, for combination c: asked = share of the images drawn for c that have all of c;
    unasked = share of the images drawn from the same noise with nothing said; "attribute_control" =
    mean over c of asked - unasked, 1 at best, 0 for a model that does not listen.

    Args:
        drawn: `DrawnByAttributes` with a judge.
        real: uint8 real images, for the share among them (the floor of an unasked share), or None.

    Returns:
        dict of Scores, "attribute_control", then for each combination "attribute_NAME" (asked) and
        "attribute_NAME_unasked" with Wilson's 95 % intervals, names of a combination joined by
        "_with_". The interval of the mean takes images as independent: asked and unasked images
        share their noise, which makes it too wide rather than too narrow where they agree.

    Example:
        ```python
        scores = control_scores(DrawnByAttributes(("thick",), thick, free, DigitAttributes()))
        ```
    """
    asked, unasked = drawn.verdicts["asked"], drawn.verdicts["unasked"]
    count, extractor = asked.shape[1], drawn.judge
    judged = {"extractor": extractor.name, "extractor_digest": extractor.digest}
    mean = float(np.mean(asked.mean(1) - unasked.mean(1)))
    spread = sum(part.mean(1) * (1 - part.mean(1)) / count for part in (asked, unasked)).sum()
    reach = 1.959964 * np.sqrt(spread) / len(asked)
    control = Score(
        "attribute_control",
        mean,
        asked.size,
        interval=(max(-1.0, mean - reach), min(1.0, mean + reach)),
        note=f"mean over {len(asked)} combinations, {count} images asked for and unasked each",
        **judged,
    )
    scores = {control.name: control}
    for combination, row, free in zip(drawn.combinations, asked, unasked, strict=True):
        name = f"attribute_{'_with_'.join(combination.replace(' ', '').split(','))}"
        share = None if real is None else float(np.mean(has_all(extractor, real, combination)))
        for title, found, floor in ((name, row, None), (f"{name}_unasked", free, share)):
            hits = int(found.sum())
            interval = proportion_interval(hits, count)
            scores[title] = Score(title, hits / count, count, floor, interval, **judged)
    return scores
