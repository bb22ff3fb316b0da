"""MLflow as the mirror of the run folders: the only package of app that imports mlflow.

Nothing here loads mlflow before it is needed.
"""

from app.tracking.mirror import Mirror, sync
from app.tracking.store import store_uri, ui

__all__ = ["Mirror", "store_uri", "sync", "ui"]
