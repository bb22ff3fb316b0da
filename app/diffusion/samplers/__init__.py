"""Samplers, one algorithm a file."""

from app.diffusion.samplers.ddim import DDIM
from app.diffusion.samplers.ddpm import DDPM

SAMPLERS = {"ddpm": DDPM, "ddim": DDIM}

__all__ = ["DDIM", "DDPM", "SAMPLERS"]
