"""MLflow: into the folder mlruns beside the run, or wherever MLFLOW_TRACKING_URI says.

MLFLOW_EXPERIMENT_NAME names the experiment (default: stargan-tf).
"""

import os
import pathlib
import re
import tempfile
import time
from collections.abc import Mapping

import numpy as np

from stargan_tf.base import errors
from stargan_tf.inference import sounds
from stargan_tf.training.trackers import tracker

_STATUSES = {"finished": "FINISHED", "stopped": "KILLED", "failed": "FAILED"}
_MOST_PARAMETERS = 100  # that MLflow takes at a time


class Mlflow:
    """A run of MLflow, which a continued training goes on with."""

    def __init__(self, about: tracker.About):
        import mlflow

        self._entities = mlflow.entities
        where = os.environ.get("MLFLOW_TRACKING_URI")
        if not where:  # a folder needs this since MLflow would rather have a data base
            os.environ.setdefault("MLFLOW_ALLOW_FILE_STORE", "true")
            where = (about.directory.absolute().parent / "mlruns").as_uri()
        try:
            self._client = mlflow.MlflowClient(tracking_uri=where)
            self.identity = self._continued(about.identity) or self._begun(about)
        except mlflow.exceptions.MlflowException as error:
            reason = re.split(r"\.\s", str(error).strip(), maxsplit=1)[0]  # its first sentence
            raise errors.UserError(
                f"tracker=mlflow could not start at {where} ({reason}); check "
                "MLFLOW_TRACKING_URI, or leave `tracker` out."
            ) from error

    @classmethod
    def check(cls) -> None:
        """Raises an ImportError if mlflow is not installed."""
        import mlflow  # noqa: F401

    def scalars(self, step: int, values: Mapping[str, float]) -> None:
        """Logs numbers."""
        now = int(time.time() * 1000)
        metrics = [
            self._entities.Metric(_key(name), float(value), now, step)
            for name, value in values.items()
        ]
        self._client.log_batch(self.identity, metrics=metrics)

    def text(self, step: int, name: str, text: str) -> None:
        """Logs a sentence as a file."""
        self._client.log_text(self.identity, text, f"{name}/step-{step:08d}.txt")

    def pictures(self, step: int, named: Mapping[str, np.ndarray]) -> None:
        """Logs pictures as files."""
        for name, picture in named.items():
            self._client.log_image(self.identity, picture, f"samples/step-{step:08d}-{name}.png")

    def sounds(self, step: int, named: Mapping[str, sounds.Sound]) -> None:
        """Logs sounds as wav files."""
        with tempfile.TemporaryDirectory() as folder:
            for name, sound in named.items():
                path = pathlib.Path(folder) / f"step-{step:08d}-{name}.wav"
                sound.save(path)
                self._client.log_artifact(self.identity, str(path), "samples")

    def close(self, status: tracker.Status) -> None:
        """Ends the run."""
        self._client.set_terminated(self.identity, _STATUSES[status])

    def _continued(self, identity: str) -> str:
        """Returns the run to go on with; "": there is none, or it was removed."""
        if not identity:
            return ""
        try:
            self._client.update_run(identity, status="RUNNING")
        except Exception as error:
            if getattr(error, "error_code", "") == "RESOURCE_DOES_NOT_EXIST":
                return ""
            raise
        return identity

    def _begun(self, about: tracker.About) -> str:
        name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or "stargan-tf"
        experiment = self._client.get_experiment_by_name(name)
        number = experiment.experiment_id if experiment else self._client.create_experiment(name)
        identity = self._client.create_run(number, run_name=about.directory.name).info.run_id
        parameters = [self._entities.Param(k, str(v)) for k, v in about.settings.items()]
        for first in range(0, len(parameters), _MOST_PARAMETERS):
            some = parameters[first : first + _MOST_PARAMETERS]
            self._client.log_batch(identity, params=some)
        return identity


def _key(name: str) -> str:
    """Returns a name of a number as MLflow allows it."""
    return re.sub(r"[^\w./: -]", "_", name)


TRACKER = Mlflow
