"""Learning with noisy labels: the report's CNN (rows A1 to A7) and the APL paper's.

Source: the report this project reproduces (CIFAR-10, symmetric noise, no augmentation); Ma et al.
2020, arXiv:2006.13554, table 2 and the authors' configurations.
Command: python -m app train noisy-cifar10 --data.directory TFDS_FOLDER --loss.name focal
Time: about 12 minutes for 15 epochs on two CPU cores (see docs/results/noisy-labels.md).
"""

from dataclasses import replace

from app.config import (
    Augmentation,
    Classification,
    Data,
    EightLayerCNN,
    LabelNoise,
    Optimizer,
    RobustLoss,
    SmallCNN,
    Training,
)

REPORT = Classification(
    name="noisy-cifar10",
    summary="The report's CNN on CIFAR-10 with 40 % symmetric label noise, cross entropy.",
    data=Data(name="cifar10", validation_fraction=0, flip=False),
    noise=LabelNoise(kind="symmetric", rate=0.4),
    network=SmallCNN(),
    optimizer=Optimizer(learning_rate=5e-4, decay="cosine", clip_norm=0),
    training=Training(epochs=15, batch_size=128, ema_decay=0),
)

# keras's decay is decoupled from the momentum: 1e-3 pulls as the authors' 1e-4 with momentum 0.9.
PAPER = Classification(
    name="noisy-cifar10-apl",
    summary="The APL paper's CNN on CIFAR-10, NCE + RCE, crops and flips, 120 epochs of SGD.",
    data=Data(name="cifar10", validation_fraction=0),
    noise=LabelNoise(kind="symmetric", rate=0.4),
    augmentation=Augmentation(crop=4),
    network=EightLayerCNN(),
    loss=RobustLoss(
        name="active_passive", active="normalized_cross_entropy", passive="reverse_cross_entropy"
    ),
    optimizer=Optimizer(
        name="sgd", learning_rate=0.01, decay="cosine", clip_norm=5.0, weight_decay=1e-3
    ),
    training=Training(epochs=120, batch_size=128, ema_decay=0),
)

SMALL = replace(
    REPORT,
    name="noisy-mnist-small",
    summary="The report's CNN on 3,000 embedded MNIST digits with 40 % label noise: a minute.",
    data=Data(name="mnist-5k", validation_fraction=0),
)

RECIPES = [SMALL, REPORT, PAPER]
