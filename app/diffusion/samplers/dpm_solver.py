"""DPM-Solver++(2M): DDIM's path, followed to second order with one evaluation a step."""

import keras
from keras import ops

from app.diffusion.samplers import loop


@keras.saving.register_keras_serializable("diffusion")
class DPMSolver(loop.Sampler):
    """Steps along DDIM's path (eta 0) that also use the clean estimate of the step before.

    Use it for 10 to 30 steps, where it is nearer to the path than DDIM at the same cost. It draws
    no noise. A change of the clean estimate is continued along the log-SNR to the middle of the
    step; first step and last step have none to continue and are DDIM's.

    Formula, a and s the rates now, a' and s' those of the next time, l = log(a^2 / s^2):
    `ratio = (l' - l) / (l - l_before)`, `data = clean + ratio / 2 (clean - clean_before)`,
    `next = s' / s noisy + (a' - a s' / s) data`; ratio = 0 in the first and in the last step.
    In the paper's symbols ratio = h_i / h_(i-1) = 1 / r_i and a' - a s' / s = -a' (e^(-h_i) - 1).
    The last step is of first order for any number of steps (the paper's and diffusers'
    `lower_order_final`), as it must be where the chain ends without noise and h is infinite.
    Where there is no signal l is taken as -80, so that the step after is of first order but for
    a hundredth.

    Args:
        clip: pair (lowest, highest) of pixel values, in the units of the training images, or None.
            The clean estimates are clipped, before they are continued.

    Call arguments:
        denoiser: function `(noisy, time, condition) -> Estimate`.
        trajectory: `Trajectory`; the chain ends with the alpha_bar that it says.
        start: float (batch, height, width, channels), the noise to start from.
        seed, first_index: int or int32 tensor; without effect, since no noise is drawn.
        condition: what the denoiser takes, or None.
        first_step: int or int32 tensor, place in the trajectory where `start` is; 0 is its start.
        noise: without effect.

    Returns:
        float32 images, shaped as `start`.

    Raises:
        ValueError: clip not a rising pair.

    Example:
        ```python
        start = randomness.normal(7, 0, 16, 0, randomness.START, (28, 28, 1))
        images = DPMSolver()(denoise, Trajectory(schedule, 20), start, seed=7, first_index=0)
        ```

    Source: Lu, Zhou, Bao, Chen, Li, Zhu 2022, arXiv:2211.01095, algorithm 2.
    """

    draws_noise = False

    def __init__(self, clip=(-1.0, 1.0)):
        self.clip = loop.checked_clip(clip)

    def state_of(self, start):
        """Returns (noisy, clean estimate, its log-SNR); -inf stands for no estimate: ratio 0."""
        return start, ops.zeros_like(start), ops.full((), -float("inf"), dtype="float32")

    def images_of(self, state):
        """Returns the noisy images of a state."""
        return state[0]

    def step(self, denoiser, trajectory, state, index, condition, draw):
        """Returns the state at `index + 1` of the trajectory from that at `index`."""
        noisy, clean_before, log_snr_before = state
        signal, rate, next_signal, next_rate, _ = loop.rates(trajectory, index)
        log_snr, next_log_snr = trajectory.log_snr(index), trajectory.log_snr(index + 1)
        clean, _ = loop.estimate(denoiser, trajectory, noisy, index, condition, self.clip)
        ratio = (next_log_snr - log_snr) / (log_snr - log_snr_before)
        ratio = ops.where(loop.last(trajectory, index), 0.0, ratio)
        # algorithm 2: D_i, then the exact solution of the linear part
        data = clean + 0.5 * ratio * (clean - clean_before)
        kept = next_rate / rate
        return kept * noisy + (next_signal - kept * signal) * data, clean, log_snr

    def get_config(self):
        """Returns the argument."""
        return {"clip": self.clip}
