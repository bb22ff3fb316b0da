"""Logging of a plain `fit` to MLflow that a dead server neither delays nor ends."""

import atexit
import io
import json
import os
import sys
import time

import keras

from callbacks.mlflow_connection import Connection, import_mlflow, without_password


class MLflowLogger(keras.callbacks.Callback):
    """Logs a `fit` to MLflow: parameters once, metrics of every epoch, the summary of the model.

    Use it in any `fit` call; MLflow's own `autolog` logs validation metrics twice and adds ten
    seconds for a copy of the model. While the server is away, metrics wait in memory and are sent
    when it answers again; that is said once. A second `fit` with the same logger goes on in the
    same MLflow run: its parameters begin with `fit_2.`, its steps follow the first ones.

    Steps are epochs as Keras counts them, from 0. One epoch costs one call (milliseconds; at most
    a second when the server is gone, a few when it dies in the middle of an answer).

    Args:
        run_id: MLflow run to log to; None takes the active run of `mlflow.start_run`, else a new
            one, which ends with `fit`.
        experiment: name of the experiment of a new run; MLflow's default when None.
        tracking_uri: tracking store; what MLflow is set to when None.
        sink: callable `(metrics, epoch)` that takes the metrics instead of MLflow, for programs
            that keep records of their own.
        say: callable that takes one sentence about the server; to stderr when None.

    Raises:
        ImportError: at the start of `fit`, when mlflow is not installed.

    Example:
        ```python
        model.fit(x, y, epochs=3, callbacks=[MLflowLogger(experiment="digits")])
        ```
    """

    def __init__(self, run_id=None, experiment=None, tracking_uri=None, sink=None, say=None):
        super().__init__()
        self.run_id = run_id
        self.experiment = experiment
        self.tracking_uri = tracking_uri
        self.sink = sink
        self._say = say or (lambda sentence: print(sentence, file=sys.stderr, flush=True))
        self._own_run = False
        self._connection = None
        self._client = None
        self._waiting = []  # functions that send, in order
        self._fits = 0
        self._fitting = False
        self._next_step = 0
        self._offset = None

    def on_train_begin(self, logs=None):
        """Finds or makes the MLflow run and logs the parameters."""
        self._fits += 1
        self._offset = None
        if self.sink is not None:
            return
        if self._connection is None:
            self._connect()
        elif self._own_run:
            self._waiting.append(lambda: self._set_status("RUNNING"))
        self._fitting = True
        atexit.unregister(self._at_exit)  # that of the fit before
        atexit.register(self._at_exit)
        parameters, summary = self._parameters(), self._summary()
        self._waiting.append(lambda: self._log_parameters(parameters))
        if self._fits == 1:
            self._waiting.append(
                lambda: self._client.log_text(self.run_id, summary, "model_summary.txt")
            )
        self._flush()

    def on_epoch_end(self, epoch, logs=None):
        """Logs the metrics of an epoch."""
        numbers = {name: float(value) for name, value in (logs or {}).items()}
        if self._offset is None:  # a second fit that starts from epoch 0 again
            self._offset = 0 if epoch >= self._next_step else self._next_step - epoch
        step = epoch + self._offset
        self._next_step = step + 1
        if self.sink is not None:
            self.sink(numbers, step)
            return
        moment = int(time.time() * 1000)
        self._waiting.append(lambda: self._log_metrics(numbers, moment, step))
        self._flush()

    def on_train_end(self, logs=None):
        """Sends what waits, and ends an MLflow run of our own."""
        if self.sink is not None:
            return
        if self._own_run:
            self._waiting.append(lambda: self._set_status("FINISHED"))
        self._fitting = False
        self._flush(patient=True)
        if not self._waiting:
            atexit.unregister(self._at_exit)

    def _connect(self):
        """Settles on the store and the run."""
        mlflow = import_mlflow()
        active = mlflow.active_run()
        if self.run_id is None and active is not None:
            self.run_id = active.info.run_id
        uri = self.tracking_uri or mlflow.get_tracking_uri()
        self.tracking_uri = uri
        advice = "Training goes on; metrics wait in memory and are sent when it answers again."
        self._connection = Connection(uri, self._say, advice)
        self._own_run = self.run_id is None
        self._waiting.append(self._begin)

    def _begin(self):
        """Makes the client, and the run where there is none."""
        mlflow = import_mlflow()
        self._client = self._client or mlflow.MlflowClient(self.tracking_uri)
        if self.run_id is None:
            name = self.experiment or os.environ.get("MLFLOW_EXPERIMENT_NAME", "Default")
            found = self._client.get_experiment_by_name(name)
            place = found.experiment_id if found else self._client.create_experiment(name)
            self.run_id = self._client.create_run(place).info.run_id

    def _flush(self, patient=False):
        """Sends what waits, oldest first; what fails stays."""

        def send():
            while self._waiting:
                self._waiting[0]()
                self._waiting.pop(0)

        self._connection.attempt(send, patient=patient)

    def _log_metrics(self, numbers, moment, step):
        """Sends the metrics of one epoch in one call."""
        entity = import_mlflow().entities.Metric
        metrics = [entity(name, value, moment, step) for name, value in numbers.items()]
        self._client.log_batch(self.run_id, metrics=metrics)

    def _log_parameters(self, parameters):
        """Sends parameters; those the run has already (by other hands) stay as they are."""
        entity = import_mlflow().entities.Param
        known = self._client.get_run(self.run_id).data.params
        new = [entity(name, text) for name, text in parameters.items() if name not in known]
        for start in range(0, len(new), 100):
            self._client.log_batch(self.run_id, params=new[start : start + 100])

    def _parameters(self):
        """What `fit` and the optimizer were given, as texts."""
        values = {name: value for name, value in (self.params or {}).items() if value is not None}
        optimizer = getattr(self.model, "optimizer", None)
        if optimizer is not None:
            values["optimizer_name"] = type(optimizer).__name__  # Keras's own counts: adam_20
            for name, value in optimizer.get_config().items():
                if name == "name":
                    continue
                if isinstance(value, dict):  # a learning rate schedule
                    value = json.dumps(value, default=str)
                values[f"optimizer.{name}"] = value
        values["keras_backend"] = keras.backend.backend()
        prefix = "" if self._fits == 1 else f"fit_{self._fits}."
        return {f"{prefix}{name}": str(value)[:6000] for name, value in values.items()}

    def _summary(self):
        """The summary of the model as text; a model that is not built yet says so."""
        text = io.StringIO()
        self.model.summary(print_fn=lambda line, line_break=False: text.write(line + "\n"))
        return text.getvalue()

    def _set_status(self, status):
        """Sets the status of the MLflow run."""
        if status == "RUNNING":
            self._client.update_run(self.run_id, status=status)
        else:
            self._client.set_terminated(self.run_id, status)

    def _at_exit(self):
        """Marks a run that was cut off by an exception or Ctrl-C as failed; says what is lost."""
        if self._own_run and self._fitting:
            self._waiting.append(lambda: self._set_status("FAILED"))
        if self._waiting:
            self._flush(patient=True)
        if self._waiting:
            where = without_password(self.tracking_uri)
            self._say(
                f"MLflow at {where} did not come back: {len(self._waiting)} entries are lost."
            )
