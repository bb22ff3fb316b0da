"""A score of the model's samples, among the numbers of the epoch."""

from callbacks.epochs import EveryEpochs, swapped_or_raw


class FrechetLogger(EveryEpochs):
    """Puts a score into `logs` after the first epoch, every N-th and the last.

    Use it for Frechet distances, or any number that costs too much for every epoch. Whatever
    stands after it in `callbacks` sees the number as it sees the loss: History, a tracker, the
    best checkpoint. So put it BEFORE loggers and checkpoints. In the epochs between, `logs` has
    no such entry, so plots and best checkpoints see measured values only.

    Here `app.metrics.model_score.ModelScore` makes such a function of metrics by name, like "kid".

    Args:
        score: function (model) -> float, or a dict of name to float.
        every: int >= 1, in epochs.
        name: the entry in `logs` if `score` returns one number.
        average: ExponentialMovingAverage or StochasticWeightAveraging of the same `fit`: scores
            the averaged weights once there are some.

    Raises:
        ValueError: `every` below 1.

    Example:
        >>> frechet = FrechetLogger(lambda model: distance(draw(model)), every=5)
        >>> history = model.fit(batches, epochs=20, callbacks=[frechet])
        >>> history.history["fmd"]  # epochs 1, 5, 10, 15, 20
    """

    def __init__(self, score, every=1, name="fmd", average=None):
        super().__init__(every)
        self.score, self.name, self.average = score, name, average

    def act(self, epoch, logs):
        """Scores and writes into logs."""
        if logs is None:  # training stopped early: nobody reads the numbers any more
            return
        with swapped_or_raw(self.average, self.model) as model:
            value = self.score(model)
        values = value if isinstance(value, dict) else {self.name: value}
        logs.update({name: float(number) for name, number in values.items()})
