"""Results of finished runs in one file beside the report, from which any machine goes on."""

import contextlib
import json
from pathlib import Path

from app.config import from_dict, to_dict
from app.errors import UserError
from app.files import write_atomically


def setting(config):
    """What decides the result of a run: its configuration without the place of the data.

    Args:
        config: dict, as `config_of` gives it for a child and config.json holds it. Of an older
            version of this code it gets the defaults of what was added since.
    """
    values = json.loads(json.dumps(config))  # tuples are lists in a file
    if "base" in values:
        drawn = setting({**values["base"], "sampling": values["sampling"]})
        return {**values, "sampling": drawn["sampling"], "base": setting(values["base"])}
    with contextlib.suppress(ValueError, TypeError):  # another version's: it equals no setting
        values = json.loads(json.dumps(to_dict(from_dict(values))))
    for data in ("data", "source", "target"):
        values.get(data, {}).pop("directory", None)
    return values


def read_kept(path, configs):
    """The results of a file that belong to runs of these settings.

    Args:
        path: a JSON file that `write_kept` wrote, or none yet.
        configs: {child: config dict} of the table.

    Returns:
        {child: result}; children whose setting has changed since are left out.

    Raises:
        UserError: the file is damaged.
    """
    path = Path(path)
    if not path.exists():
        return {}
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        return {
            key: result
            for key, result in found.items()
            if key in configs and setting(result["config"]) == setting(configs[key])
        }
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(
            f"{path} is no file of results ({error}). Remove it to run the whole table again, or "
            "take it from the repository."
        ) from error


def write_kept(path, results):
    """Writes results {child: result}, a line a child, so that two versions compare well.

    What the file holds of other children stays: a table with fewer seeds takes nothing away.
    """
    path = Path(path)
    others = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    results = {**results, **{key: value for key, value in others.items() if key not in results}}
    lines = (f"{json.dumps(key)}: {json.dumps(result)}" for key, result in results.items())
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, "{\n" + ",\n".join(lines) + "\n}\n")
