"""Samplers, one algorithm a file."""

from app.diffusion.samplers.cold import Cold
from app.diffusion.samplers.ddim import DDIM
from app.diffusion.samplers.ddpm import DDPM
from app.diffusion.samplers.dpm_solver import DPMSolver

SAMPLERS = {"ddpm": DDPM, "ddim": DDIM, "dpm_solver": DPMSolver, "cold": Cold}

__all__ = ["Cold", "DDIM", "DDPM", "DPMSolver", "SAMPLERS"]
