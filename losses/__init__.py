"""Keras losses of Noisewise for labels that may be wrong; they import keras and numpy only.

All take logits, and labels as class numbers, one-hot or soft; see `ClassificationLoss`.
"""

from losses.active_negative import ActiveNegative
from losses.active_passive import ActivePassive
from losses.asymmetric import AsymmetricGeneralizedCrossEntropy, AsymmetricMeanSquare
from losses.classification import ClassificationLoss
from losses.cross_entropy import CrossEntropy
from losses.focal import Focal
from losses.generalized import GeneralizedCrossEntropy
from losses.normalized import NormalizedCrossEntropy, NormalizedFocal
from losses.passive import MeanAbsoluteError, ReverseCrossEntropy
from losses.symmetric import SymmetricCrossEntropy

__all__ = [
    "ActiveNegative",
    "ActivePassive",
    "AsymmetricGeneralizedCrossEntropy",
    "AsymmetricMeanSquare",
    "ClassificationLoss",
    "CrossEntropy",
    "Focal",
    "GeneralizedCrossEntropy",
    "MeanAbsoluteError",
    "NormalizedCrossEntropy",
    "NormalizedFocal",
    "ReverseCrossEntropy",
    "SymmetricCrossEntropy",
]
