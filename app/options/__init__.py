"""The options of every verb: frozen dataclasses whose docstrings are the help texts.

Those of a recipe are in `app.config`. Nothing heavy is imported, so that help answers at once.
"""

from app.options.measuring import Audit, Evaluate, Reproduce
from app.options.sampling import Sample
from app.options.training import Resume, Train
from app.options.viewing import UI, Compare, DataSets, Export, Recipes, Sync

__all__ = [
    "Audit",
    "Compare",
    "DataSets",
    "Evaluate",
    "Export",
    "Recipes",
    "Reproduce",
    "Resume",
    "Sample",
    "Sync",
    "Train",
    "UI",
]
