"""Which epoch to keep where the target has no labels: rules side by side, and an oracle."""

# A rule: the number of an epoch to look at, and whether large is good. The last one needs the
# target's labels: nobody who adapts has them.
RULES = {
    "source validation": ("val_loss", False),
    "information maximisation": ("information_maximization", True),
    "soft neighbourhood density": ("soft_neighbourhood_density", True),
    "oracle (target labels)": ("target_test_accuracy", True),
}


def selection(rows):
    """Returns which epoch each rule chooses, and the target's accuracy there.

    Args:
        rows: metrics by epoch, as `Run.metrics` gives them.

    Returns:
        {rule: {"epoch": from 1, "target": accuracy in [0, 1]}}, the last epoch first.

    Example:
        ```python
        selection(run.metrics())["source validation"]["epoch"]
        ```
    """
    chosen = {"last epoch": rows[-1]}
    for rule, (name, large) in RULES.items():
        with_it = [row for row in rows if name in row]
        if with_it:
            chosen[rule] = (max if large else min)(with_it, key=lambda row, n=name: row[n])
    return {
        rule: {"epoch": row["step"] + 1, "target": row["target_test_accuracy"]}
        for rule, row in chosen.items()
    }
