"""Keras losses of Noisewise, for labels that may be wrong and for domains that differ.

Classification losses take logits, and labels as class numbers, one-hot or soft; see
`ClassificationLoss`. Those of `losses.domain` draw two domains together.
"""

from losses.active_negative import ActiveNegative
from losses.active_passive import ActivePassive
from losses.asymmetric import AsymmetricGeneralizedCrossEntropy, AsymmetricMeanSquare
from losses.classification import ClassificationLoss
from losses.cross_entropy import CrossEntropy
from losses.domain import ClassConfusion, CorrelationAlignment, MaximumMeanDiscrepancy
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
    "ClassConfusion",
    "ClassificationLoss",
    "CorrelationAlignment",
    "CrossEntropy",
    "Focal",
    "GeneralizedCrossEntropy",
    "MaximumMeanDiscrepancy",
    "MeanAbsoluteError",
    "NormalizedCrossEntropy",
    "NormalizedFocal",
    "ReverseCrossEntropy",
    "SymmetricCrossEntropy",
]
