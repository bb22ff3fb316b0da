"""What can be measured, said before any image is drawn or passed through an extractor."""

from dataclasses import dataclass

from app.metrics.pixels import WINDOW
from app.metrics.registry import DEFAULT, METRICS

WHOLE = ("precision_recall", "nearest", "kid", "mmd", "cmmd", "psnr", "ssim")  # need real images
ALIKE = ("nearest", "psnr", "ssim")  # compare pixels
FEWEST = {"precision_recall": 5, "frechet_infinity": 8}


@dataclass(frozen=True)
class Plan:
    """The facts that decide which metrics can be computed.

    Args:
        count: int; images to be measured.
        shape: (height, width, channels) of them.
        extractor: the feature extractor.
        reference_count: int; real images they are held against.
        reference_shape: (height, width, channels), or None where there are only statistics.
        labelled: bool; whether it is known what each image shall show.
        prompts: one text a class, or None.
        training_shape: (height, width, channels) of the images the generator was trained on, if
            they are known and others than the reference.
        by_attributes: bool; whether images can be drawn by attributes that are measured.

    Example:
        >>> from app.metrics.features import Pixels
        >>> pixels = Pixels((8, 8, 1))
        >>> Plan(20, (8, 8, 1), pixels, 99, (8, 8, 1)).obstacle("ssim")
        'it looks through windows of 11x11 pixels, and the images are 8x8'
    """

    count: int
    shape: tuple
    extractor: object
    reference_count: int
    reference_shape: tuple | None
    labelled: bool = False
    prompts: list[str] | None = None
    training_shape: tuple | None = None
    by_attributes: bool = False

    def obstacle(self, metric):
        """Returns why a metric cannot be computed, as a clause, or None if it can."""
        judge = f"the extractor '{self.extractor.name}'"
        fewest = FEWEST.get(metric, 2)
        real = self.reference_shape
        if metric == "nearest":
            real = self.training_shape or real
        if metric in WHOLE and real is None:
            return "it needs real images, and of the reference there are only statistics"
        if min(self.count, self.reference_count) < fewest:
            return (
                f"it needs {fewest} images or more, and there are {self.count} to measure and "
                f"{self.reference_count} real ones"
            )
        if metric in ALIKE and tuple(self.shape) != tuple(real):
            sizes = ["x".join(map(str, each)) for each in (self.shape, real)]
            return f"it compares pixels, and the images are {sizes[0]}, the real ones {sizes[1]}"
        if metric == "ssim" and min(self.shape[:2]) < WINDOW:
            size = f"{self.shape[0]}x{self.shape[1]}"
            return (
                f"it looks through windows of {WINDOW}x{WINDOW} pixels, and the images are {size}"
            )
        if metric == "inception_score" and not hasattr(self.extractor, "outputs"):
            return f"it needs a classifier, which {judge} is not"
        if metric == "class_accuracy" and not hasattr(self.extractor, "predict"):
            return f"it needs a classifier, which {judge} is not"
        if metric == "class_accuracy" and not self.labelled:
            return "it needs to know which class each image shall show, and no labels are known"
        if metric == "attribute_control" and not self.by_attributes:
            return "it needs a run conditional on attributes that can be measured in its images"
        if metric == "image_text" and not hasattr(self.extractor, "embed_text"):
            return f"it needs an image-text encoder, which {judge} is not"
        if metric == "image_text" and not self.prompts:
            return "it needs one text a class, and no class names are known"
        return None

    def chosen(self, metrics=None):
        """Returns the names of the metrics asked for, or of the usual ones that can be computed.

        Args:
            metrics: names from `METRICS`, or None.

        Raises:
            ValueError: no metric has that name, or it cannot be computed; the sentence says why.
        """
        if metrics is None:
            return [name for name in DEFAULT if self.obstacle(name) is None]
        for name in metrics:
            if name not in METRICS:
                known = ", ".join(METRICS)
                raise ValueError(f"No metric is called '{name}'. Choose from: {known}.")
            if reason := self.obstacle(name):
                raise ValueError(
                    f"The metric '{name}' cannot be computed: {reason}. Leave it out of the "
                    "metrics, or change what is in its way."
                )
        return list(dict.fromkeys(metrics))
