"""The whole state of a training run's model, as arrays by name, and back."""

import numpy as np

from callbacks.optimizer_access import build_optimizer
from callbacks.swapping import numpy_values, state_variables


def _variables(model):
    """All state by section: the model's (seeds, no metrics) and the optimizer's (averages)."""
    build_optimizer(model)
    return {"model": state_variables(model), "optimizer": list(model.optimizer.variables)}


def _names(section, variables):
    """A name for each variable: its path, numbered where several have the same one."""
    seen, names = {}, []
    for variable in variables:
        path = variable.path
        seen[path] = seen.get(path, -1) + 1
        names.append(f"{section}/{path}" + (f"#{seen[path]}" if seen[path] else ""))
    return names


def take_state(model):
    """Copies of all variables of a compiled model and its optimizer, but the metrics'.

    Returns:
        (arrays, order): a dict of name to array, and the names of each section in order.
    """
    arrays, order = {}, {}
    for section, variables in _variables(model).items():
        order[section] = _names(section, variables)
        arrays.update(zip(order[section], numpy_values(variables), strict=True))
    return arrays, order


def finite_weights(model):
    """Whether all trainable weights are numbers."""
    values = numpy_values(model.trainable_variables)
    return all(np.all(np.isfinite(value.astype("float64"))) for value in values)


def put_state(model, arrays, order):
    """Puts the arrays of `take_state` into a compiled, built model.

    Variables are found by name; if the names differ (Keras numbers layers by process), by their
    order. Nothing is changed unless everything fits.

    Raises:
        ValueError: the model is not built, or is another one; says the first difference.
    """
    variables = _variables(model)
    if not model.optimizer.built:
        raise ValueError(
            "The model has no weights yet, so a checkpoint cannot be put into it. Call it on one "
            "batch, or give it an input shape, before fit."
        )
    plan = []
    for section, members in variables.items():
        names, saved = _names(section, members), order[section]
        if len(names) != len(saved):
            raise ValueError(
                f"The checkpoint has {len(saved)} {section} variables and this model "
                f"{len(names)}: resume with the same model, optimizer and weight averages, or "
                "start in another folder."
            )
        saved = names if set(names) == set(saved) else saved
        for variable, name in zip(members, saved, strict=True):
            if tuple(variable.shape) != arrays[name].shape:
                raise ValueError(
                    f"The checkpoint's {name} has shape {arrays[name].shape} and the model's "
                    f"{variable.path} has shape {tuple(variable.shape)}: resume with the same "
                    "model, or start in another folder."
                )
            plan.append((variable, arrays[name]))
    for variable, array in plan:
        variable.assign(array)
