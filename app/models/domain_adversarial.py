"""A classifier that learns from one domain and is made to fit another, in plain compile and fit."""

import keras
from keras import ops

from layers import GradReverse
from losses import ClassConfusion, CorrelationAlignment, MaximumMeanDiscrepancy

STAGES = {1: "backbone", 2: "hidden", 3: "logits"}
TARGET = -1  # the label of an image of the target domain


@keras.saving.register_keras_serializable("models")
class DomainAdversarial(keras.Model):
    """Trains a classifier on labelled source images and unlabelled target images together.

    Use it where labels exist in one domain only. A batch holds both domains and goes through the
    network once, so that batch normalisation sees both; rows with the label -1 are the target's.
    A domain head behind a reversed gradient can stand at any of three stages, several at once;
    MMD, CORAL and class confusion can be added, or stand alone. With none of them it is
    source-only training.

    Formula:
        loss = cross entropy of the source rows
             + sum over stages of binary cross entropy of the domain, through GradReverse
             + mmd * MMD(features) + coral * CORAL(features) + confusion * MCC(target logits)

    Args:
        backbone: keras Model from float images to features `(batch, features)`.
        classes: int, at least 2.
        hidden: int; units of the label head's first dense layer.
        stages: any of 1 (backbone's output), 2 (first dense layer), 3 (logits).
        strength: float >= 0; factor of the reversed gradient.
        ramp_steps: int or None; steps of DANN's ramp, None: constant strength.
        conditional: bool; the domain head sees the outer product of its features and of the class
            probabilities (CDAN) in place of the features alone.
        mmd: float >= 0; weight of the maximum mean discrepancy of the hidden features.
        coral: float >= 0; weight of their CORAL distance.
        confusion: float >= 0; weight of the class confusion on the target.
        domain_units: int; units of the domain head's hidden layer.

    Input shape:
        float images `(batch, height, width, channels)`; labels `(batch,)` int as `y`, -1 for the
        target.

    Output shape:
        `(batch, classes)` logits.

    Raises:
        ValueError: a stage that does not exist, or a weight below 0.

    Example:
        ```python
        model = DomainAdversarial(backbone, classes=10, stages=(1,), ramp_steps=2000)
        model.compile("adam")
        model.fit(images, labels)  # half of the rows labelled -1
        ```

    References:
        Ganin et al. 2016, arXiv:1505.07818 (DANN); Long et al. 2018, arXiv:1705.10667 (CDAN);
        Long et al. 2015, arXiv:1502.02791 (DAN); Sun, Saenko 2016, arXiv:1607.01719 (CORAL);
        Jin et al. 2019, arXiv:1912.03699 (MCC).
    """

    def __init__(
        self,
        backbone,
        classes,
        hidden=256,
        stages=(1,),
        strength=1.0,
        ramp_steps=None,
        conditional=False,
        mmd=0.0,
        coral=0.0,
        confusion=0.0,
        domain_units=256,
        **kwargs,
    ):
        super().__init__(**kwargs)
        wrong = [stage for stage in stages if stage not in STAGES]
        if wrong:
            known = ", ".join(f"{stage} ({name})" for stage, name in STAGES.items())
            raise ValueError(f"`stages` may be any of {known}. Received: {wrong[0]!r}.")
        if min(mmd, coral, confusion) < 0:
            raise ValueError(
                "`mmd`, `coral` and `confusion` are weights, 0 or above. "
                f"Received: {mmd}, {coral}, {confusion}."
            )
        self.backbone = backbone
        self.classes, self.stages = int(classes), tuple(int(stage) for stage in stages)
        self.conditional = bool(conditional)
        self.weights_of = {"mmd": float(mmd), "coral": float(coral), "confusion": float(confusion)}
        self.settings = {
            "hidden": int(hidden),
            "strength": float(strength),
            "ramp_steps": ramp_steps,
            "domain_units": int(domain_units),
        }
        self.first = keras.layers.Dense(hidden, activation="relu", name="first")
        self.head = keras.layers.Dense(classes, dtype="float32", name="logits")
        self.reversals = [
            GradReverse(strength, ramp_steps, name=f"reverse_{stage}") for stage in self.stages
        ]
        self.domain_heads = [
            keras.Sequential(
                [
                    keras.layers.Dense(domain_units, activation="relu"),
                    keras.layers.Dense(1, dtype="float32"),
                ],
                name=f"domain_{stage}",
            )
            for stage in self.stages
        ]
        self.label_loss = keras.losses.SparseCategoricalCrossentropy(
            from_logits=True, reduction="none"
        )
        self.domain_loss = keras.losses.BinaryCrossentropy(from_logits=True)
        self.distances = {"mmd": MaximumMeanDiscrepancy(), "coral": CorrelationAlignment()}
        self.class_confusion = ClassConfusion()
        tensors = self._tensors(ops.zeros((2, *self.backbone.input_shape[1:])))
        for place in range(len(self.stages)):
            self._domain_logits(place, tensors)
        self.built = True

    def build(self, input_shape=None):
        """All weights are made in the constructor."""

    def call(self, images, training=None):
        """The logits of images of either domain; while training, the tensors of all stages."""
        tensors = self._tensors(images, training)
        return tensors if training else tensors["logits"]

    def compile(self, optimizer="adam", **kwargs):
        """As `keras.Model.compile`; the losses are those of the constructor."""
        super().compile(optimizer=optimizer, loss=None, **kwargs)

    def classifier(self):
        """A plain model of images to logits that shares these weights: without domain heads."""
        inputs = keras.Input(self.backbone.input_shape[1:])
        return keras.Model(inputs, self.head(self.first(self.backbone(inputs))), name="classifier")

    def features(self, images):
        """The backbone's features `(batch, features)`."""
        return self.backbone(images, training=False)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The sum of all terms while training, else the label loss; rows of -1 have none."""
        logits = y_pred["logits"] if training else y_pred
        labels = ops.reshape(ops.cast(y, "int32"), (-1,))
        is_source = ops.cast(labels >= 0, "float32")
        label_losses = self.label_loss(ops.maximum(labels, 0), logits)
        loss = ops.sum(label_losses * is_source) / ops.maximum(ops.sum(is_source), 1.0)
        for penalty in self.losses:
            loss = loss + ops.cast(penalty, "float32")
        return loss + self._domain_terms(y_pred, is_source) if training else loss

    def _domain_terms(self, tensors, is_source):
        """What draws the domains together; the first half of a batch is the source."""
        total, half = 0.0, ops.shape(is_source)[0] // 2
        for place in range(len(self.stages)):
            domain = self._domain_logits(place, tensors, training=True)
            total = total + self.domain_loss(ops.expand_dims(1.0 - is_source, -1), domain)
        for name, distance in self.distances.items():
            if self.weights_of[name]:
                hidden = tensors["hidden"]
                total = total + self.weights_of[name] * distance(hidden[:half], hidden[half:])
        if self.weights_of["confusion"]:
            target = tensors["logits"][half:]
            total = total + self.weights_of["confusion"] * self.class_confusion(target, target)
        return total

    def _tensors(self, images, training=False):
        """The tensors of the stages by name."""
        features = self.backbone(images, training=training)
        hidden = self.first(features)
        return {"backbone": features, "hidden": hidden, "logits": self.head(hidden)}

    def _domain_logits(self, place, tensors, training=False):
        """What a domain head says: above 0 is the target."""
        features = ops.cast(tensors[STAGES[self.stages[place]]], "float32")
        if self.conditional:
            chances = ops.stop_gradient(ops.softmax(tensors["logits"]))
            product = ops.expand_dims(chances, 2) * ops.expand_dims(features, 1)
            features = ops.reshape(product, (-1, self.classes * features.shape[-1]))
        return self.domain_heads[place](self.reversals[place](features, training=training))

    def get_config(self):
        """The arguments that make the same model again."""
        return {
            "backbone": keras.saving.serialize_keras_object(self.backbone),
            "classes": self.classes,
            "stages": list(self.stages),
            "conditional": self.conditional,
            **self.weights_of,
            **self.settings,
        }

    @classmethod
    def from_config(cls, config):
        """Makes the model that `get_config` described."""
        backbone = keras.saving.deserialize_keras_object(config.pop("backbone"))
        return cls(backbone, **config)
