"""Second networks that steer a drawing: found, checked against the run, asked for each image."""

import dataclasses
from pathlib import Path

import numpy as np

from app.build.data import load_part
from app.build.extractor import build_extractor
from app.build.prompts import class_prompts
from app.build.sampling import class_labels, unlabelled
from app.diffusion.condition import AttributeCondition, ClassCondition
from app.diffusion.likelihood import width
from app.diffusion.noise import GaussianNoise
from app.drawing.matching import matching_classifier, other_kind
from app.errors import UserError
from app.models.best_of import best_of
from app.models.guides import classifier_guide, text_guide
from app.models.similarity import text_rows
from app.run import Run
from app.trained import recipe_of


@dataclasses.dataclass(frozen=True)
class Steering:
    """What steers a set of samples beside its own run; recorded with the samples."""

    classifier: str | None = None
    classifier_scale: float = 0.0
    text: str | None = None
    text_scale: float = 0.0
    extractor: str | None = None
    extractor_weights: str | None = None
    candidates: int = 1
    classifier_labels: tuple[int, ...] = ()


def steering_of(options):
    """The steering that `sample` was asked for, with the classifier's whole run id; None without.

    Args:
        options: as in `app.options.Sample`.
    """
    if options.classifier is None and options.text is None and options.best_of == 1:
        return None
    classifier, encoder = None, options.text is not None or options.best_of > 1
    if options.classifier is not None:
        found = Run.open(options.classifier, options.runs)
        beside = found.folder.resolve().parent == Path(options.runs).resolve()
        classifier = found.id if beside else str(found.folder)
    return Steering(
        classifier=classifier,
        classifier_scale=options.classifier_scale if classifier else 0.0,
        text=options.text,
        text_scale=options.text_scale,
        extractor=options.text_extractor if encoder else None,
        extractor_weights=options.text_extractor_weights if encoder else None,
        candidates=options.best_of,
        classifier_labels=tuple(options.classifier_labels),
    )


class Steered:
    """A drawing with the networks that steer it.

    Args:
        steering: a `Steering`; None: nothing steers.
        run: the `Run` that is drawn from.
        model: its model.

    Attributes:
        labelled: the model whose classes or attributes the labels are: the drawn one, if it has
            any.
        attributes: names of the attributes that the drawn one or the classifier knows.

    Raises:
        UserError: the classifier has another schedule, pixel range, image shape or classes; the
            extractor knows no texts; there is nothing to choose by.
    """

    def __init__(self, steering, run, model):
        self.steering, self.model, self.labelled = steering or Steering(), model, model
        self.classifier = self.extractor = self.texts = None
        if steering is not None and not isinstance(model.noise, GaussianNoise):
            raise UserError(
                f"Run {run.id} has noise of another kind than Gaussian, for which these guidances "
                "and candidates are not made. Leave out --classifier, --text and --best-of."
            )
        if self.steering.classifier:
            self.classifier = matching_classifier(self.steering.classifier, run, model)
            self.labelled = model if model.conditional else self.classifier
        if self.steering.extractor:
            self.extractor = build_extractor(
                self.steering.extractor, model.image_shape, (), self.steering.extractor_weights
            )
            self.texts = text_rows(self.extractor, self._texts(run))
        known = [network.condition for network in (model, self.classifier) if network is not None]
        self.attributes = next((kind.names for kind in known if hasattr(kind, "names")), ())

    def labels(self, request):
        """Returns the label that each image is asked to have (or None), and the classifier's.

        They are the same, and told to the run, unless that is drawn without; then the classifier
        alone asks. Where the one knows classes and the other attributes, each is asked its own, and
        each class meets each combination of attributes.

        Args:
            request: an `app.drawing.sample.Draw`.
        """
        count, first = request.count, request.first_index
        given = {"labels": request.labels, "attributes": request.attributes}
        if unlabelled(request.labels):
            if self.classifier is None:
                return None, None
            given["labels"] = self.steering.classifier_labels
            labels = class_labels(self.classifier, count, first_index=first, **given)
            return labels, labels
        if self.labelled is self.classifier or not other_kind(self.model, self.classifier):
            labels = class_labels(self.labelled, count, first_index=first, **given)
            return labels, labels
        own, others = ("labels", "attributes")
        if isinstance(self.model.condition, AttributeCondition):
            own, others = others, own
        every = len(given[own]) or width(self.model.condition)
        return (
            class_labels(self.model, count, first_index=first, **{own: given[own]}),
            class_labels(
                self.classifier, count, first_index=first, every=every, **{others: given[others]}
            ),
        )

    def asked(self, labels, seen, count):
        """Returns the guides of `count` images, and the text row of each (None without texts).

        Args:
            labels: as `labels` returns them.
            seen: likewise.
            count: int.
        """
        texts, guides = None, []
        if labels is None and self.texts is not None and not self.steering.text:
            raise UserError(
                "`--best-of` chooses by the text of an image's class, and `--labels none` names "
                "none. Pass --text, or a --classifier whose classes are asked for."
            )
        if self.texts is not None:
            texts = self.texts[np.zeros(count, "int64") if self.steering.text else labels]
        if self.classifier is not None and self.steering.classifier_scale:
            guides.append(classifier_guide(self.classifier, seen, self.steering.classifier_scale))
        if self.steering.text_scale:
            scale = self.steering.text_scale
            guides.append(text_guide(self.extractor, texts, self.model.pixel_range, scale))
        return guides, texts

    def choose(self, draw, first_index, texts):
        """Returns images, and how they were chosen: nothing, or similarities and candidate.

        Args:
            draw: function of `first_index`, giving uint8 images.
            first_index: int; index of the first image.
            texts: the text row of each image, or None.
        """
        if self.steering.candidates == 1:
            return draw(first_index=first_index), {}
        images, similarities, chosen = best_of(
            lambda first: draw(first_index=first),
            self.extractor,
            texts,
            self.steering.candidates,
            first_index,
        )
        return images, {"similarities": similarities, "candidate": chosen}

    def _texts(self, run):
        """The text of all images, or one a class."""
        if self.steering.text:
            return [self.steering.text]
        if not isinstance(self.labelled.condition, ClassCondition):
            raise UserError(
                "`--best-of` chooses by the text of an image, and this run has no classes to name. "
                "Pass --text, or a --classifier whose classes are asked for."
            )
        return class_prompts(load_part(recipe_of(run).data, "test").class_names)
