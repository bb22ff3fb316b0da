"""Features that were computed once: kept on disk between runs, mapped into memory when needed.

One folder a set of features, `~/.cache/noisewise/features/<key>/`, with `features.npy`, for
classifiers `logits.npy`, and `header.json`. The key is a digest of the images, the extractor, its
preprocessing and the backend. Any of these folders may be deleted at any time.
"""

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path

import keras
import numpy as np

from app.errors import first_line
from app.metrics.passing import READ, consecutive, passed

VERSION = 1


class FeatureCache:
    """Passes images through an extractor in batches, or finds what an earlier pass left.

    Memory does not grow with the number of images: they are read in batches, and features are
    written to a file as they come. A cached file that does not match its header is refused, which
    is said, and made anew. Where the cache cannot be written, which is said once, a temporary file
    takes its place, or memory.

    Args:
        folder: where features are kept. Default: `features` in the folder NOISEWISE_CACHE, or in
            `~/.cache/noisewise`.
        say: function of one sentence.
        bar: function (description, total) of a context whose value takes the number done, as
            `app.progress.bar`; None shows nothing.

    Example:
        ```python
        cache = FeatureCache(bar=bar)
        features, logits = cache.outputs(images, DigitFeatures(), "mnist test")
        ```
    """

    def __init__(self, folder=None, say=print, bar=None):
        root = os.environ.get("NOISEWISE_CACHE") or "~/.cache/noisewise"
        self.folder = Path(folder) if folder else Path(root).expanduser() / "features"
        self.say, self.bar = say, bar
        self.told = False

    def outputs(self, images, extractor, name="images"):
        """Returns features `(n, dimension)` and logits `(n, classes)`, or None for the latter.

        Args:
            images: uint8 `(n, height, width, channels)`: an array, or what is sliced like one.
            extractor: a feature extractor; one with `outputs` gives logits too.
            name: what the images are, for the progress bar.
        """
        facts = facts_of(images, extractor)
        place = self.folder / key_of(facts)
        found = self._read(place, facts)
        if found is None:
            title = f"features of {name}"
            shown = self.bar(title, len(images)) if self.bar else contextlib.nullcontext()
            with self._draft(place) as draft, shown as done:
                found = passed(images, extractor, draft, done)
                self._keep(draft, place, facts, found)
        return found.get("features"), found.get("logits")

    def _read(self, place, facts):
        """The arrays of a folder, mapped; None where there are none, or none that match."""
        if not place.is_dir():
            return None
        try:
            header = json.loads((place / "header.json").read_text(encoding="utf-8"))
            if header["facts"] != facts:
                raise ValueError("the header is of other images or another extractor")
            arrays = {}
            for name, known in header["files"].items():
                path = place / f"{name}.npy"
                arrays[name] = np.load(path, mmap_mode="r", allow_pickle=False)
                if list(arrays[name].shape) != known["shape"] or arrays[name].dtype != np.float32:
                    raise ValueError(f"{path.name} has another shape or type than its header says")
                if _sha256(path) != known["sha256"]:
                    raise ValueError(f"{path.name} has another sha256 than its header says")
            if len(arrays["features"]) != facts["shape"][0]:
                raise ValueError("features.npy has not one row an image")
            return arrays
        except (OSError, ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
            self.say(
                f"The cached features in {place} do not match and are made anew: "
                f"{first_line(error)}."
            )
            shutil.rmtree(place, ignore_errors=True)
            return None

    @contextlib.contextmanager
    def _draft(self, place):
        """A new folder to write into, in the cache or else in a temporary place, or None."""
        draft = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            draft = Path(tempfile.mkdtemp(prefix=f".{place.name}.", dir=self.folder))
        except OSError as error:
            self._tell(error)
            with contextlib.suppress(OSError):
                draft = Path(tempfile.mkdtemp(prefix="noisewise-features-"))
        try:
            yield draft
        finally:
            if draft is not None:  # maps of deleted files live on
                shutil.rmtree(draft, ignore_errors=True)

    def _keep(self, draft, place, facts, found):
        """Makes a whole draft the cached folder, at once."""
        if draft is None or draft.parent != self.folder:
            return
        try:
            files = {}
            for name, array in found.items():
                if not isinstance(array, np.memmap):
                    raise OSError("the disk is full")
                digest = _sha256(draft / f"{name}.npy")
                files[name] = {"shape": list(array.shape), "sha256": digest}
            header = {"facts": facts, "files": files}
            (draft / "header.json").write_text(json.dumps(header, indent=1), encoding="utf-8")
            if not place.exists():  # else another process was faster
                draft.rename(place)
        except OSError as error:
            self._tell(error)

    def _tell(self, error):
        """Says once that there is no cache."""
        if not self.told:
            reason = getattr(error, "strerror", None) or first_line(error)
            self.say(
                f"Features cannot be kept in {self.folder} ({reason}): this goes on without the "
                "cache. NOISEWISE_CACHE names another folder."
            )
        self.told = True


def facts_of(images, extractor):
    """Returns what features depend on, as plain values: images, extractor, preprocessing."""
    record = getattr(extractor, "record", None) or {}
    preprocessing = getattr(extractor, "preprocessing", None) or record.get("preprocessing", "")
    return {
        "version": VERSION,
        "images": digest_of(images),
        "shape": [int(size) for size in images.shape],
        "extractor": extractor.name,
        "extractor_digest": extractor.digest,
        "preprocessing": str(preprocessing),
        "backend": keras.backend.backend(),
    }


def key_of(facts):
    """Returns the name of the folder of these features."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()[:32]


def digest_of(images):
    """Returns the digest that images know themselves by, or that of their bytes."""
    known = getattr(images, "digest", None)
    if known is None and hasattr(images, "facts"):
        known = hashlib.sha256(images.facts().encode()).hexdigest()
    if known is None:
        known = hashlib.sha256()
        for part in consecutive(images, READ):
            known.update(np.ascontiguousarray(part))
        known = known.hexdigest()
    return known


def _sha256(path):
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
