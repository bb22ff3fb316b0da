"""What every sampler does: loop over a trajectory inside the graph, ask the denoiser, draw noise.

The loop is `ops.fori_loop`, so it is one program for any number of steps, also when that number
is a tensor. The state is float32 and the denoiser always sees the same shape.

What goes round the loop is the sampler's own `state`: the noisy images alone, unless a sampler
carries more from step to step and says so by `state_of` and `images_of`.
"""

from keras import ops

from app.diffusion import randomness
from app.diffusion.configured import Configured
from app.diffusion.targets import Estimate


class Sampler(Configured):
    """What all samplers share: the loop over `step`, which each defines.

    Attributes:
        draws_noise: whether its steps add noise. Without, the start alone decides the picture.
    """

    draws_noise = True

    def __call__(
        self,
        denoiser,
        trajectory,
        start,
        seed,
        first_index,
        condition=None,
        first_step=0,
        noise=None,
    ):
        """Returns the images that `start` becomes."""
        draw = noise or drawer(seed, first_index)
        state = self.state_of(ops.cast(start, "float32"))
        return self.images_of(
            run(self.step, denoiser, trajectory, state, condition, first_step, draw)
        )

    def state_of(self, start):
        """Returns what the first step gets: the images to start from."""
        return start

    def images_of(self, state):
        """Returns the (noisy) images in what a step returned."""
        return state


def run(step, denoiser, trajectory, state, condition, first_step, draw):
    """Returns the state after `step(denoiser, trajectory, state, index, condition, draw)` for all.

    `index` runs from `first_step` to `trajectory.steps - 1`.
    """

    def body(index, state):
        return step(denoiser, trajectory, state, index, condition, draw)

    return ops.fori_loop(
        ops.cast(first_step, "int32"), ops.cast(trajectory.steps, "int32"), body, state
    )


def drawer(seed, first_index):
    """Returns the function `(index, shape, stream=PREDICTOR) -> noise` of a seed."""

    def draw(index, shape, stream=randomness.PREDICTOR):
        return randomness.normal(seed, first_index, shape[0], index, stream, tuple(shape[1:]))

    return draw


def rates(trajectory, index):
    """Returns signal and noise rate at `index`, those at `index + 1`, and the beta between.

    beta = noise_rate^2 - (signal_rate / next_signal_rate)^2 next_noise_rate^2, which for a
    variance-preserving schedule is 1 - alpha_bar / next_alpha_bar, as a product of a difference
    and a sum: a float32 keeps six digits of it even when beta is 1e-4.
    """
    signal, noise = trajectory.signal_rate(index), trajectory.noise_rate(index)
    next_signal, next_noise = trajectory.signal_rate(index + 1), trajectory.noise_rate(index + 1)
    carried = signal / next_signal * next_noise
    beta = ops.maximum((noise - carried) * (noise + carried), 0.0)
    return signal, noise, next_signal, next_noise, beta


def last(trajectory, index):
    """Returns whether the step at `index` is the last one of the trajectory."""
    return ops.cast(index, "int32") >= ops.cast(trajectory.steps, "int32") - 1


def estimate(denoiser, trajectory, noisy, index, condition, clip):
    """Returns the denoiser's `Estimate` at `index`, the clean image clipped if there is a clip.

    After clipping the noise is derived again, so that rate * clean + rate * noise is still noisy.
    """
    place = (trajectory.time(index), trajectory.signal_rate(index), trajectory.noise_rate(index))
    return estimate_at(denoiser, place, noisy, condition, clip)


def estimate_at(denoiser, place, noisy, condition, clip):
    """As `estimate`, at a place (time, signal rate, noise rate) that need not be a step."""
    time, signal, rate = place
    time = ops.broadcast_to(time, (ops.shape(noisy)[0],))
    clean, noise = denoiser(noisy, time, condition)
    if clip is None:
        return Estimate(clean, noise)
    clean = ops.clip(clean, *clip)
    return Estimate(clean, (noisy - signal * clean) / rate)


def checked_clip(clip):
    """The pair of floats to clip to, or None; refused when it is not a rising pair."""
    if clip is None:
        return None
    if len(clip) != 2 or not clip[0] < clip[1]:
        raise ValueError(f"`clip` must be a pair (lowest, highest) or None. Received: {clip!r}")
    return [float(clip[0]), float(clip[1])]
