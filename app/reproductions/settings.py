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
    rows = [
        [what, "; ".join(dict.fromkeys(found))]
        for what, words in (
            ("data", _data),
            ("network", _network),
            ("training", _training),
            ("drawing", _drawing),
        )
        if (found := [words(config) for config in configs if words(config)])
    ]
    return table(["trained with", "one after another where runs differ"], rows)


def _data(config):
    """Names of the data sets, and how many images of them where not all."""
    said = []
    for data in (config[part] for part in ("data", "source", "target") if part in config):
        count, held_out = data["training_images"], data["validation_fraction"]
        said.append(data["name"] + (f", {count:,} images" if count else ""))
        said[-1] += f", {100 * held_out:.0f} % held out" if held_out else ""
    return " and ".join(said)


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
