"""The digit classifier as a model to build and train.

Its definition stands with the metrics, which ship its weights: metrics never import models.
"""

from app.metrics.features.digit_network import DigitClassifier

__all__ = ["DigitClassifier"]
