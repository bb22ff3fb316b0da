"""What an experimenter varies: frozen dataclasses, validated when made, standard library only.

A recipe is an instance of `Recipe`. The recipe chooses structure (which network); the command line
changes values (`--optimizer.learning-rate 1e-3`). Field docstrings are the help texts.
"""

from app.config.adaptation import Adaptation, Alignment, ConvBackbone, Movement, ResNet50
from app.config.classification import Augmentation, Classification, LabelNoise, RobustLoss
from app.config.classifier import Classifier, EightLayerCNN, ResNet, SmallCNN
from app.config.data import Data
from app.config.diffusion import Diffusion, Sampling
from app.config.network import CustomNetwork, DiT, Network, PlainCNN, Unet
from app.config.noisy_classification import NoisyClassification, NoisyEncoder
from app.config.recipe import Recipe
from app.config.stored import AnyRecipe, from_dict, to_dict
from app.config.text_loss import TextLoss
from app.config.training import Evaluation, Optimizer, Training, Watching

__all__ = [
    "Adaptation",
    "Alignment",
    "AnyRecipe",
    "Augmentation",
    "Classification",
    "Classifier",
    "ConvBackbone",
    "CustomNetwork",
    "Data",
    "DiT",
    "Diffusion",
    "EightLayerCNN",
    "Evaluation",
    "LabelNoise",
    "Movement",
    "Network",
    "NoisyClassification",
    "NoisyEncoder",
    "Optimizer",
    "PlainCNN",
    "Recipe",
    "ResNet",
    "ResNet50",
    "RobustLoss",
    "Sampling",
    "SmallCNN",
    "TextLoss",
    "Training",
    "Unet",
    "Watching",
    "from_dict",
    "to_dict",
]
