"""Finds, downloads, checks and loads the published weights of the Inception network of 2015."""

import hashlib
import os
import urllib.request
from http.client import HTTPException
from pathlib import Path

from app.errors import UserError, disk_is_full
from app.files import writing
from app.metrics.features.inception_graph import read_graph
from app.metrics.features.inception_layout import tensor_shapes
from app.metrics.features.tensors import as_expected
from app.metrics.features.torch_file import MAGIC, read_tensors
from app.progress import bar

URL = (
    "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/"
    "pt_inception-2015-12-05-6726825d.pth"
)
SHA256 = "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2"
BYTES = 95_628_359
# The same file, as pytorch-fid and as torch-fidelity name it.
NAMES = (
    "pt_inception-2015-12-05-6726825d.pth",
    "weights-inception-2015-12-05-6726825d.pth",
)
FOLDER = Path("~/.cache/noisewise")
PIECE = 1 << 20  # bytes read at a time
LEGACY_START = b"\x80\x02\x8a\x0a" + MAGIC.to_bytes(10, "little")


def load_weights(path=None, trusted=False, folder=FOLDER, url=URL):
    """Loads the 472 tensors of the network, 23,885,392 numbers.

    Args:
        path: file; the PyTorch port (`.pth`) or the original graph (`classify_image_graph_def.pb`).
            None: the port in `folder`, downloaded first if it is not there.
        trusted: bool; True takes a file whose sha256 is not the published one: the graph, of which
            no digest is known here, or weights of your own.
        folder: path; where downloads are kept.
        url: str; where the port is published.

    Returns:
        dict of name to float32 array, names and axes of the PyTorch port.

    Raises:
        UserError: if the file is missing and cannot be downloaded, cut off, of another kind, of an
            unknown digest, or lacks a tensor.

    Example:
        ```python
        load_weights("pt_inception-2015-12-05-6726825d.pth")["fc.bias"].shape  # (1008,)
        ```
    """
    path = Path(path).expanduser() if path is not None else _kept(Path(folder).expanduser(), url)
    if not path.is_file():
        raise UserError(
            f"No Inception weights at {path}. Pass the file {NAMES[0]}, from {URL}, "
            "or leave the path (of evaluate --extractor-weights) out to download it."
        )
    if not trusted:
        _check_digest(path)
    with open(path, "rb") as file:
        start = file.read(len(LEGACY_START))
    torch_saved = start.startswith(b"PK") or start == LEGACY_START
    return checked(read_tensors(path) if torch_saved else read_graph(path), path)


def checked(tensors, path):
    """Returns the tensors as float32, or says which one is missing, odd or left over.

    Counters of batches, which the network has no use for, are dropped.

    Raises:
        UserError: if the tensors are not those of this network.
    """
    told = "It is not the Inception network of 2015 (torchvision's and Keras's own are others)."
    return as_expected(tensors, tensor_shapes(), path, told)


def _check_digest(path):
    """Refuses a file whose sha256 is not the published one."""
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found == SHA256:
        return
    size = path.stat().st_size
    if path.name in NAMES:
        cut = f" and {size:,} of {BYTES:,} bytes" if size < BYTES else ""
        raise UserError(
            f"{path} has the sha256 {found[:8]}...{cut}; the published file has {SHA256[:8]}...: "
            f"it is cut off, damaged or another one. Remove it and get {URL}."
        )
    raise UserError(
        f"{path} has the sha256 {found[:8]}..., which is no published one known here: its scores "
        f"may compare with nobody's. Use {NAMES[0]} ({SHA256[:8]}...), or, in Python, pass "
        "`trusted=True` if you know where the file comes from."
    )


def _kept(folder, url):
    """The published file in the folder, downloaded if need be."""
    for name in NAMES:
        if (folder / name).is_file():
            return folder / name
    path = folder / NAMES[0]
    draft = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    with writing(path):
        folder.mkdir(parents=True, exist_ok=True)
        try:
            _download(url, draft)
            os.replace(draft, path)
        finally:
            draft.unlink(missing_ok=True)
    return path


def _download(url, path):
    """Writes what the address holds into a file, with a bar of megabytes."""
    try:
        with urllib.request.urlopen(url, timeout=30) as answer, open(path, "wb") as file:
            total = int(answer.headers.get("Content-Length") or BYTES)
            with bar("Inception weights, MB", total // 10**6) as show:
                while piece := answer.read(PIECE):
                    file.write(piece)
                    show(file.tell() // 10**6)
    except (OSError, HTTPException) as error:
        if disk_is_full(error):
            raise
        raise UserError(
            f"The Inception weights are not in {path.parent}, and {url} cannot be downloaded "
            f"({getattr(error, 'reason', error)}). Get that file elsewhere (96 MB) and put it into "
            f"{path.parent} as {NAMES[0]}, or pass its path as `weights` (of evaluate "
            "--extractor-weights)."
        ) from error
