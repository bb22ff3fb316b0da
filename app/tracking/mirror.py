"""The copy of a run folder in MLflow: written as the run goes, and repeatable at any time.

What was sent is noted in `runs/<id>/mirror.json`, so that nothing is sent twice and nothing is
forgotten, whenever the server was away. See `mlflow/README.md` for the names and units.
"""

import contextlib
import json
import sys

from app.errors import UserError
from app.files import write_atomically
from app.tracking import describing, uploads
from app.tracking.model import send_model
from app.tracking.store import connect, experiment, store_uri

_ENDS = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}


def _say(sentence):
    """Prints a sentence where it does not mix with results."""
    print(sentence, file=sys.stderr, flush=True)


class Mirror:
    """Copies a run folder to MLflow; nothing it meets there ends or delays the run.

    As a context manager it marks the run as running, pushes, leaves the right status behind (in the
    run folder too: finished, stopped by Ctrl-C, failed) and pushes everything at the end.

    Args:
        run: an `app.run.Run`.
        say: callable that takes one sentence; to stderr when None.

    Example:
        ```python
        with Mirror(run) as mirror:
            logger = MLflowLogger(sink=mirror.record)
            model.fit(batches, epochs=3, callbacks=[logger])
        ```
    """

    def __init__(self, run, say=None):
        # Not at the top: a package of callbacks loads keras, and `app --help` must not.
        from callbacks.mlflow_connection import Connection, without_password

        self.run = run
        self.uri = store_uri()
        self.where = without_password(self.uri)
        self.record_path = run.folder / "mirror.json"
        self.sent = self._read_record()
        self.client = None
        self.say = say or _say
        advice = f"All of it is kept in {run.folder}; later: python -m app sync {run.name}"
        self._connection = Connection(self.uri, self.say, advice)

    def __enter__(self):
        if self.run.status != "running":  # it was stopped, and goes on
            self.run.set_status("running")
        try:
            self.push()
        except BaseException as error:
            self.run.end(error)
            raise
        return self

    def __exit__(self, kind, error, traceback):
        try:
            self.run.end(error)
        finally:
            self._connection.attempt(lambda: self._send(everything=True), patient=True)

    def record(self, metrics, epoch):
        """Writes the metrics of an epoch (from 0) to the run folder, then pushes them."""
        self.run.log(metrics, epoch)
        self.push()

    def push(self, everything=False):
        """Sends what is new; returns whether it arrived.

        After each epoch this is cheap: metrics, images, figures and small files. A server that
        cannot be reached is mentioned once and left alone for a while.

        Args:
            everything: also the large files: samples, weights, models.
        """
        return self._connection.attempt(lambda: self._send(everything))

    def _send(self, everything):
        """Sends what is new, and notes what was sent even if it stops in the middle."""
        try:
            self._begin()
            self._send_texts()
            uploads.send_metrics(self)
            uploads.send_images(self)
            uploads.send_files(self, everything)
            if everything:
                send_model(self)
            self._send_status()
        finally:
            self._save()

    def _begin(self):
        """Finds or makes the MLflow run of this run folder; asks the store once a process."""
        if self.client is not None:
            return
        client = connect(self.uri)
        found = self._find(client)
        if found is None:
            place = experiment(client, describing.experiment_name(self.run), self.uri)
            found = client.create_run(
                place,
                start_time=describing.milliseconds(self.run.manifest["created"]),
                tags={describing.ID_TAG: self.run.id},
                run_name=self.run.id,
            )
        elif found.info.lifecycle_stage == "deleted":
            client.restore_run(found.info.run_id)
        if self.sent.get("run_id") != found.info.run_id:
            self.sent = self._new_record(client, found)
        link = {"tracking_uri": self.where, "run_id": found.info.run_id}
        if self.run.manifest.get("mlflow") != link:
            self.run.update(mlflow=link)
        self.client = client

    def _find(self, client):
        """The MLflow run of this run folder, by the note, the manifest or the tag; or None."""
        from mlflow.exceptions import MlflowException

        link = self.run.manifest.get("mlflow") or {}
        same_store = link.get("tracking_uri") == self.where
        run_id = self.sent.get("run_id") or (link.get("run_id") if same_store else None)
        if run_id:
            try:
                return client.get_run(run_id)
            except MlflowException as error:
                if error.error_code != "RESOURCE_DOES_NOT_EXIST":
                    raise
        place = experiment(client, describing.experiment_name(self.run), self.uri)
        query = f"tags.`{describing.ID_TAG}` = '{self.run.id}'"
        found = client.search_runs([place], query, max_results=1)
        return found[0] if found else None

    def _new_record(self, client, found):
        """What an MLflow run already holds, for a run folder that has no note of it."""
        return {
            "version": 1,
            "tracking_uri": self.where,
            "run_id": found.info.run_id,
            "params": sorted(found.data.params),
            "tags": {},
            "rows_until": 0,
            "images": uploads.images_there(client, found.info.run_id),
            "files": {},
            "dataset": None,
            "model": None,
            "status": found.info.status,
        }

    def _send_texts(self):
        """Parameters (once: MLflow lets nobody change them), tags, and the data set."""
        from mlflow.entities import Param, RunTag

        run_id, sent = self.sent["run_id"], self.sent
        known = set(sent["params"])
        parameters, cut = describing.parameters(self.run.config)
        new = [(name, text) for name, text in parameters.items() if name not in known]
        for start in range(0, len(new), 100):
            batch = new[start : start + 100]
            self.client.log_batch(run_id, params=[Param(*pair) for pair in batch])
            sent["params"] += [name for name, _ in batch]
        if named := [name for name in cut if name not in known]:
            self.say(
                f"Too long for MLflow, cut to {describing.LONGEST} characters (whole in "
                f"config.json): {', '.join(named)}."
            )
        tags = describing.tags(self.run)
        new = {name: text for name, text in tags.items() if sent["tags"].get(name) != text}
        if new:
            self.client.log_batch(run_id, tags=[RunTag(*pair) for pair in new.items()])
            sent["tags"].update(new)
        dataset = self.run.manifest.get("dataset")
        if dataset and sent["dataset"] != dataset:
            self.client.log_inputs(run_id, [describing.dataset_input(dataset)])
            sent["dataset"] = dataset

    def _send_status(self):
        """RUNNING, FINISHED, KILLED or FAILED, as the manifest says."""
        status = _ENDS.get(self.run.status, "RUNNING")
        if self.sent["status"] == status:
            return
        if status == "RUNNING":
            self.client.update_run(self.sent["run_id"], status=status)
        else:
            ended = describing.milliseconds(self.run.manifest["ended"])
            self.client.set_terminated(self.sent["run_id"], status, ended)
        self.sent["status"] = status

    def _read_record(self):
        """The note of what was sent to this store; empty for another store or a damaged note."""
        try:
            sent = json.loads(self.record_path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        same = sent.get("tracking_uri") == self.where and sent.get("version") == 1
        return sent if same else {}

    def _save(self):
        """Writes the note of what was sent; a full disk, which the run itself reports, loses it.

        A lost note is made again from what the MLflow run holds.
        """
        if self.sent:
            with contextlib.suppress(UserError):
                write_atomically(self.record_path, json.dumps(self.sent, indent=1) + "\n")


def sync(run, say=None):
    """Uploads everything of a run that its MLflow run lacks; returns the MLflow run id.

    Raises:
        UserError: the store cannot be reached or refuses; what was sent before stays sent.

    Example:
        ```python
        sync(Run.open("20261122-101500-digits"))
        ```
    """
    from callbacks.mlflow_connection import describe, probe

    mirror = Mirror(run, say)
    reason = probe(mirror.uri, timeout=5)
    if reason is None:
        try:
            mirror._send(everything=True)
        except UserError:
            raise
        except Exception as error:
            reason = describe(error)
    if reason:
        raise UserError(
            f"MLflow at {mirror.where} cannot be written ({reason}). Start the server, or unset "
            f"MLFLOW_TRACKING_URI to use the store of this clone, then sync {run.id} again."
        )
    return mirror.sent["run_id"]
