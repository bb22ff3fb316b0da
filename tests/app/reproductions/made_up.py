"""Results of children that were never run."""


def result(scores=None, rows=(), interval=None, floor=None, extractor="digit-classifier", n=2000):
    """The result of a child as `reproduce` keeps it; `rows` are dicts of metrics, an epoch each."""
    scores = scores or {}
    measured = {
        name: {
            "samples": n,
            "floor": floor,
            "interval": interval or [value - 0.01, value + 0.01],
            "extractor": extractor,
            "reference_samples": n,
        }
        for name, value in scores.items()
    }
    return {
        "scores": scores,
        "measured": measured,
        "rows": [{"step": step, **row} for step, row in enumerate(rows)],
    }


def seeded(group, rows, make, seeds=2, step=0.001):
    """{"<group>-<row>-<seed>": make(value)} of {row: value}, seeds `step` apart."""
    return {
        f"{group}-{row}-{seed}": make(value + seed * step)
        for row, value in rows.items()
        for seed in range(seeds)
    }
