"""Samplers, one algorithm a file."""

from app.diffusion.samplers.cold import Cold
from app.diffusion.samplers.ddim import DDIM
from app.diffusion.samplers.ddpm import DDPM
from app.diffusion.samplers.dpm_solver import DPMSolver
from app.diffusion.samplers.heun import Heun
from app.diffusion.samplers.langevin import Langevin
from app.diffusion.samplers.predictor_corrector import PredictorCorrector

SAMPLERS = {
    "ddpm": DDPM,
    "ddim": DDIM,
    "dpm_solver": DPMSolver,
    "cold": Cold,
    "heun": Heun,
    "langevin": Langevin,
    "predictor_corrector": PredictorCorrector,
}

__all__ = [
    "Cold",
    "DDIM",
    "DDPM",
    "DPMSolver",
    "Heun",
    "Langevin",
    "PredictorCorrector",
    "SAMPLERS",
]
