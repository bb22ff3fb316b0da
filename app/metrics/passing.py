"""Images through an extractor in batches: memory does not grow with their number."""

from app.metrics.rows_file import RowsFile, copied

READ = 1000  # images held at once, about


def passed(images, extractor, folder=None, progress=None):
    """Passes images through an extractor in batches.

    Args:
        images: uint8 `(n, height, width, channels)`: an array, or what is sliced like one.
        extractor: a feature extractor.
        folder: where files of the outputs are written, or None for memory.
        progress: function of the number of images done, or None.

    Returns:
        {"features": float32 `(n, dimension)`}, and with a classifier {"logits": `(n, classes)`}.
    """
    batch, growing, count = getattr(extractor, "batch_size", READ), {}, len(images)
    for part in consecutive(images, max(1, READ // batch) * batch):
        made = extractor.outputs(part) if hasattr(extractor, "outputs") else (extractor(part),)
        for name, rows in zip(("features", "logits"), made, strict=False):
            if name not in growing:
                path = None if folder is None else folder / f"{name}.npy"
                growing[name] = RowsFile(path, count, rows.shape[1])
            growing[name].append(rows)
        if progress is not None:
            progress(growing["features"].done)
    return {name: rows.finish() for name, rows in growing.items()}


def consecutive(images, size):
    """Yields batches of images in their order, of an array or of what is sliced or streamed."""
    if hasattr(images, "batches"):
        for batch, *_ in images.batches(size, shuffle=False, drop_remainder=False):
            yield batch
        return
    for start in range(0, len(images), size):
        yield copied(images, slice(start, start + size))
