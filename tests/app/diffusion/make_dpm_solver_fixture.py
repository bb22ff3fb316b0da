"""Makes the fixture of test_dpm_solver.py: what diffusers' schedulers do to one start.

Run once, from the root, in an environment with torch 2.13.0 and diffusers 0.42.1:
    python tests/app/diffusion/make_dpm_solver_fixture.py tests/app/diffusion/fixtures
`dpm_solver.npz` holds the end of each case of CASES, every tenth of the betas that zero terminal
SNR makes of linear ones, and the end of DDIM with them.
"""

import sys
from pathlib import Path

import numpy as np
import torch
from diffusers import DDIMScheduler, DPMSolverMultistepScheduler
from diffusers.schedulers.scheduling_dpmsolver_multistep import rescale_zero_terminal_snr
from dpm_solver_cases import CASES, START, output

PREDICTIONS = {"noise": "epsilon", "velocity": "v_prediction", "clean": "sample"}
CHAIN = {"num_train_timesteps": 1000, "beta_start": 1e-4, "beta_end": 0.02}


def end(scheduler):
    """The images that a scheduler makes of START, with the model `output`."""
    images = torch.from_numpy(START)
    for time in scheduler.timesteps:
        images = scheduler.step(output(images, time, torch.sin), time, images).prev_sample
    return images.numpy()


if __name__ == "__main__":
    found = {}
    for name, case in CASES.items():
        final = "zero" if case["final"] == "clean" else "sigma_min"
        scheduler = DPMSolverMultistepScheduler(
            **CHAIN, prediction_type=PREDICTIONS[case["target"]], final_sigmas_type=final
        )
        scheduler.set_timesteps(timesteps=[step - 1 for step in case["visited"]])
        found[name] = end(scheduler)
    found["zero_terminal_betas"] = rescale_zero_terminal_snr(
        torch.linspace(1e-4, 0.02, 1000, dtype=torch.float32)
    ).numpy()[::10]
    scheduler = DDIMScheduler(
        **CHAIN,
        prediction_type="v_prediction",
        clip_sample=False,
        rescale_betas_zero_snr=True,
        timestep_spacing="trailing",
    )
    scheduler.set_timesteps(10)
    found["zero_terminal_ddim"] = end(scheduler)
    np.savez_compressed(Path(sys.argv[1]) / "dpm_solver.npz", **found)
