"""What the options of several verbs share."""

from typing import Annotated

import tyro

from app.config.validation import require

Positional = tyro.conf.Positional
RunId = Annotated[str, tyro.conf.arg(metavar="RUN")]
Weights = Annotated[str, tyro.conf.arg(metavar="best|ema|raw|swa|best-epoch|ema:LENGTH")]


def require_weights(weights):
    """Refuses names of weights that no run has."""
    name, colon, length = weights.partition(":")
    known = weights in ("best", "ema", "raw", "swa", "best-epoch")
    try:
        known = known or (name == "ema" and bool(colon) and 0 < float(length) < 12**-0.5)
    except ValueError:
        known = False
    require(
        known,
        "`--weights` must be best, ema, raw, swa or best-epoch, or ema:LENGTH with a length "
        f"sigma_rel above 0 and below 0.2886, like ema:0.08. Received: {weights}.",
    )
