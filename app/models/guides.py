"""Trained networks as guides of a drawing."""

from app.diffusion.classifier_guidance import classifier_guided, estimate_guided
from app.diffusion.guides import Guide
from app.models.similarity import similarity


def classifier_guide(classifier, labels, scale):
    """The `Guide` of a `NoisyClassifier` towards the label of each image."""

    def wrap(denoiser, schedule, rows, scale):
        def likelihood(noisy, time):
            return classifier.log_likelihood(noisy, time, rows)

        return classifier_guided(denoiser, likelihood, scale, schedule)

    return Guide(wrap, labels, scale, classifier.variables)


def text_guide(extractor, texts, pixel_range, scale):
    """The `Guide` of an image-text extractor towards the text row of each image."""

    def wrap(denoiser, schedule, rows, scale):
        def fits(clean):
            return similarity(extractor, clean, rows, pixel_range)

        return estimate_guided(denoiser, fits, scale, schedule)

    return Guide(wrap, texts, scale, extractor.variables, xla=False)
