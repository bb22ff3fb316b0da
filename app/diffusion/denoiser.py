"""From a network to a denoiser, the only thing that samplers and guidance see."""

from keras import ops


def denoiser(network, target, schedule, training=False):
    """Returns the function `(noisy, time, condition) -> Estimate` of a network.

    Use it between a trained network and a sampler. The arithmetic around the network is float32
    whatever the network's own precision.

    Formula: `output = network(target.network_input(noisy), target.network_time(time))`, read back
    by `target.estimate` with the schedule's rates at `time`.

    Args:
        network: callable `(noisy, time, condition=None, training=False) -> output`.
        target: a target (`app.diffusion.targets`), the one the network was trained with.
        schedule: `Schedule`, the one the network was trained with.
        training: bool; passed to the network (dropout and the like).

    Call arguments:
        noisy: float (batch, height, width, channels).
        time: float32 (batch,) in [0, 1], 0 = clean.
        condition: what the network takes, or None.

    Returns:
        A function; it returns `Estimate(clean, noise)`, both float32 and shaped as `noisy`.

    Example:
        ```python
        denoise = denoiser(network, NoiseTarget(), linear())
        clean, noise = denoise(noisy, time, None)
        ```
    """

    def denoise(noisy, time, condition=None):
        noisy = ops.cast(noisy, "float32")
        signal_rate, noise_rate = schedule.signal_rate(time), schedule.noise_rate(time)
        output = network(
            target.network_input(noisy, signal_rate, noise_rate),
            target.network_time(time, schedule),
            condition=condition,
            training=training,
        )
        return target.estimate(ops.cast(output, "float32"), noisy, signal_rate, noise_rate)

    return denoise
