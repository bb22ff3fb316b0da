"""Makes the fixture of the tests of EDM, flow and score sampling: what diffusers does to one start.

Run once, from the root, in an environment with torch 2.13.0 and diffusers 0.42.1:
    python tests/app/diffusion/make_continuous_fixture.py tests/app/diffusion/fixtures
`continuous.npz` holds the end of each case of EDM and FLOW, and that of predictor-corrector with
the noise DRAWS.
"""

import sys
from pathlib import Path

import diffusers
import numpy as np
import torch
from continuous_cases import DRAWS, EDM, FLOW, LEVELS, ONE, SNR, START, STEPS, output, score
from diffusers.schedulers import scheduling_sde_ve


def edm(scheduler, steps):
    """The images that an EDM scheduler (sigma_data 0.5) makes of START."""
    scheduler.set_timesteps(steps)
    images = torch.from_numpy(START) * scheduler.init_noise_sigma
    for time in scheduler.timesteps:
        answer = output(scheduler.scale_model_input(images, time), time, torch.sin)
        images = scheduler.step(answer, time, images).prev_sample
    return images.numpy()


def flow(scheduler, steps):
    """The images that a flow scheduler makes of START; our step index is its time less 1."""
    scheduler.set_timesteps(steps)
    images = torch.from_numpy(START)
    for time in scheduler.timesteps:
        answer = output(images, (time - 1.0) / 1000.0, torch.sin)
        images = scheduler.step(answer, time, images).prev_sample
    return images.numpy()


def predictor_corrector():
    """The image that the SDE-VE scheduler makes of ONE, corrector before predictor."""
    scheduler = diffusers.ScoreSdeVeScheduler(
        num_train_timesteps=STEPS,
        snr=SNR,
        sigma_min=LEVELS["smallest"],
        sigma_max=LEVELS["largest"],
        sampling_eps=0.0,
    )
    scheduler.set_timesteps(STEPS)
    scheduler.set_sigmas(STEPS)
    image = torch.from_numpy(ONE) * LEVELS["largest"]
    for index, time in enumerate(scheduler.timesteps):
        sigma = scheduler.sigmas[index]

        def answer(image, sigma=sigma, index=index):
            place = (STEPS - 1 - index) / STEPS
            return score(image / (1 + sigma**2) ** 0.5, place, torch.sin) / sigma

        for half, step in enumerate((scheduler.step_correct, scheduler.step_pred)):
            noise = torch.from_numpy(DRAWS[half, index])
            scheduling_sde_ve.randn_tensor = lambda *shape, noise=noise, **options: noise
            arguments = (answer(image), image) if half == 0 else (answer(image), time, image)
            result = step(*arguments)
            image = result.prev_sample
    return result.prev_sample_mean.numpy()


if __name__ == "__main__":
    kinds = {
        "edm_euler": diffusers.EDMEulerScheduler,
        "edm_dpm_solver": diffusers.EDMDPMSolverMultistepScheduler,
        "flow_euler": diffusers.FlowMatchEulerDiscreteScheduler,
        "flow_heun": diffusers.FlowMatchHeunDiscreteScheduler,
    }
    found = {name: edm(kinds[name](), steps) for name, steps in EDM.items()}
    found |= {name: flow(kinds[name](), steps) for name, steps in FLOW.items()}
    found["predictor_corrector"] = predictor_corrector()
    np.savez_compressed(Path(sys.argv[1]) / "continuous.npz", **found)
