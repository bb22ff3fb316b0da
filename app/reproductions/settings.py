"""What the runs of a table were trained with, for its page."""

from app.reproductions.markdown import table

SIZES = ("channels", "width", "multipliers", "depth", "blocks", "hidden", "patch_size")


def settings_lines(results):
    """A table of data, networks, training and drawing.

    Args:
        results: {child: result} as results.json holds them; what only measures is left out.
    """
    configs = [result["config"] for result in results.values()]
    configs = [config for config in configs if "training" in config]
    words = {"data": _data, "network": _network, "training": _training, "drawing": _drawing}
    found = {what: dict.fromkeys(map(say, configs)) for what, say in words.items()}
    rows = [[what, "; ".join(filter(None, said))] for what, said in found.items() if any(said)]
    return table(["trained with", "one after another where runs differ"], rows)


def _data(config):
    """The data sets, one or two."""
    parts = (config[part] for part in ("data", "source", "target") if part in config)
    return " and ".join(map(_data_set, parts))


def _data_set(data):
    """Its name, how many images of it where not all, and how many of these do not train."""
    count, held_out = data["training_images"], data["validation_fraction"]
    images = f", {count:,} images" if count else ""
    return data["name"] + images + (f", {100 * held_out:.0f} % held out" if held_out else "")


def _network(config):
    """The kind of the network, and its sizes."""
    network = config["network"]
    sizes = {name: network[name] for name in SIZES if name in network}
    words = (f"{name.replace('_', ' ')} {_number(value)}" for name, value in sizes.items())
    return f"{network['kind']} ({', '.join(words)})" if sizes else network["kind"]


def _training(config):
    """How long, in which batches, by which optimizer."""
    training, optimizer = config["training"], config["optimizer"]
    decay = "" if optimizer["decay"] == "constant" else f", {optimizer['decay']} decay"
    return (
        f"{training['epochs']} epochs of batches of {training['batch_size']}, {optimizer['name']} "
        f"at {optimizer['learning_rate']:g}{decay}"
    )


def _drawing(config):
    """Which sampler takes how many steps; none of a classifier."""
    if "sampling" not in config:
        return ""
    sampling, chain = config["sampling"], config["diffusion"]["steps"]
    guidance = f", guidance {sampling['guidance']:g}" if sampling["guidance"] else ""
    return f"{sampling['sampler']}, {sampling['steps']} steps of {chain:,}{guidance}"


def _number(value):
    """A number or several as words: 8-16-8."""
    return "-".join(map(str, value)) if isinstance(value, list) else str(value)
