"""A classifier that learns from one domain and is made to fit another, in plain compile and fit."""

import keras
import numpy as np
from keras import ops

from app.models.statistics import statistics_kept
from layers import GradReverse
from losses import ClassConfusion, CorrelationAlignment, MaximumMeanDiscrepancy

STAGES = {1: "backbone", 2: "hidden", 3: "logits"}
TARGET = -1  # the label of an image of the target domain


@keras.saving.register_keras_serializable("models")
class DomainAdversarial(keras.Model):
    """Trains a classifier on labelled source images and unlabelled target images together.

    Use it where labels exist in one domain only. A batch holds both domains, the source in its
    first half; rows with the label -1 are the target's. A domain head behind a reversed gradient
    can stand at any of three stages, several at once; MMD, CORAL and class confusion can be added,
    or stand alone. With none of them it is source-only training: the network then never sees the
    target's rows, not even for batch normalisation.

    Formula:
        loss = cross entropy of the source rows
             + sum over stages of binary cross entropy of the domain, through GradReverse
             + mmd * MMD(features) + coral * CORAL(features) + confusion * MCC(target logits)
        with `entropy_weighted` the cross entropy of the domain has weights 1 + exp(-H), H the
        entropy of the row's class probabilities, divided by their sum over the row's domain; each
        domain counts half.

    Args:
        backbone: keras Model from float images to features `(batch, features)`.
        classes: int, at least 2.
        hidden: int; units of the label head's first dense layer.
        stages: any of 1 (backbone's output), 2 (first dense layer), 3 (logits).
        strength: float >= 0; factor of the reversed gradient.
        ramp_steps: int or None; steps of DANN's ramp, None: constant strength.
        conditional: bool; the domain head sees the outer product of its features and of the class
            probabilities (CDAN) in place of the features alone.
        entropy_weighted: bool; rows of sure predictions weigh more in the domain's loss (CDAN+E).
            The weights are constants to the gradient, as the class probabilities are.
        separate: bool; in training each domain passes batch normalisation by itself, and only the
            source's pass moves the stored statistics: those of the target are to be computed
            afterwards, by `app.models.statistics`. False: both domains pass together.
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
        ValueError: a stage that does not exist, a weight below 0, or entropy weights without a
            conditional head.

    Example:
        ```python
        model = DomainAdversarial(backbone, classes=10, stages=(1,), ramp_steps=2000)
        model.compile("adam")
        model.fit(images, labels)  # half of the rows labelled -1
        ```

    References:
        Ganin et al. 2016, arXiv:1505.07818 (DANN); Long et al. 2018, arXiv:1705.10667 (CDAN);
        Long et al. 2015, arXiv:1502.02791 (DAN); Sun, Saenko 2016, arXiv:1607.01719 (CORAL);
        Jin et al. 2019, arXiv:1912.03699 (MCC); Chang et al. 2019, arXiv:1906.03950 (separate).
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
        entropy_weighted=False,
        separate=False,
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
        if entropy_weighted and not conditional:
            raise ValueError("`entropy_weighted` needs a `conditional` head. Received: none.")
        self.backbone = backbone
        self.classes, self.stages = int(classes), tuple(int(stage) for stage in stages)
        self.conditional, self.entropy_weighted = bool(conditional), bool(entropy_weighted)
        self.separate, self.aligned = bool(separate), bool(stages or mmd or coral or confusion)
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
        self.domain_loss = keras.losses.BinaryCrossentropy(from_logits=True, reduction="none")
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
        return self._training_tensors(images) if training else self._tensors(images)["logits"]

    def compile(self, optimizer="adam", **kwargs):
        """As `keras.Model.compile`; the losses are those of the constructor."""
        super().compile(optimizer=optimizer, loss=None, **kwargs)

    def fit(self, x=None, y=None, **kwargs):
        """As `keras.Model.fit`; labels without a -1, which may be the target's own, are refused."""
        if y is not None and not np.any(np.asarray(y) == TARGET):
            raise ValueError(
                "The second half of each batch is the target, labelled -1: its own labels must not "
                f"be passed. Received: {len(y)} labels, none of them -1."
            )
        return super().fit(x, y, **kwargs)

    def classifier(self):
        """A plain model of images to logits that shares these weights: without domain heads."""
        inputs = keras.Input(self.backbone.input_shape[1:])
        return keras.Model(inputs, self.head(self.first(self.backbone(inputs))), name="classifier")

    def features(self, images):
        """The backbone's features `(batch, features)`."""
        return self.backbone(images, training=False)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The sum of all terms while training, else the label loss; rows of -1 have none."""
        if sample_weight is not None:
            raise ValueError(
                "Rows are weighted by their domain here, and `sample_weight` is not read. "
                "Received: weights. Leave them out, or leave out rows."
            )
        logits = y_pred["logits"] if training else y_pred
        count = ops.shape(logits)[0]
        labels = ops.reshape(ops.cast(y, "int32"), (-1,))[:count]
        is_source = labels >= 0
        if training and self.aligned:  # a label in the target's half is never read
            is_source = ops.logical_and(is_source, ops.arange(count) < count // 2)
        is_source = ops.cast(is_source, "float32")
        label_losses = self.label_loss(ops.maximum(labels, 0), logits)
        loss = ops.sum(label_losses * is_source) / ops.maximum(ops.sum(is_source), 1.0)
        for penalty in self.losses:
            loss = loss + ops.cast(penalty, "float32")
        return loss + self._domain_terms(y_pred, is_source) if training else loss

    def _domain_terms(self, tensors, is_source):
        """What draws the domains together; the first half of a batch is the source."""
        total, half = 0.0, ops.shape(is_source)[0] // 2
        weights = self._domain_weights(tensors["logits"], is_source)
        for place in range(len(self.stages)):
            domain = self._domain_logits(place, tensors, training=True)
            losses = self.domain_loss(ops.expand_dims(1.0 - is_source, -1), domain)
            total = total + ops.sum(weights * losses)
        for name, distance in self.distances.items():
            if self.weights_of[name]:
                hidden = tensors["hidden"]
                total = total + self.weights_of[name] * distance(hidden[:half], hidden[half:])
        if self.weights_of["confusion"]:
            target = tensors["logits"][half:]
            total = total + self.weights_of["confusion"] * self.class_confusion(target, target)
        return total

    def _domain_weights(self, logits, is_source):
        """What each row counts in the domain's loss; of sum 1."""
        if not self.entropy_weighted:
            return ops.ones_like(is_source) / ops.cast(ops.size(is_source), "float32")
        logs = ops.log_softmax(logits)
        entropy = -ops.sum(ops.exp(logs) * logs, axis=-1)
        weights, shares = ops.stop_gradient(1.0 + ops.exp(-entropy)), 0.0
        for domain in (is_source, 1.0 - is_source):
            shares = shares + 0.5 * weights * domain / ops.maximum(ops.sum(weights * domain), 1.0)
        return shares

    def _training_tensors(self, images):
        """The tensors of the stages: of the source alone, of both together, of one by one."""
        half = ops.shape(images)[0] // 2
        if not self.aligned:
            return self._tensors(images[:half], training=True)
        if not self.separate:
            return self._tensors(images, training=True)
        source = self._tensors(images[:half], training=True)
        with statistics_kept(self.backbone):
            target = self._tensors(images[half:], training=True)
        return {name: ops.concatenate([source[name], target[name]]) for name in source}

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
            "entropy_weighted": self.entropy_weighted,
            "separate": self.separate,
            **self.weights_of,
            **self.settings,
        }

    @classmethod
    def from_config(cls, config):
        """Makes the model that `get_config` described."""
        backbone = keras.saving.deserialize_keras_object(config.pop("backbone"))
        return cls(backbone, **config)
