"""Which diffusion process, and how images are drawn from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from app.config.fitting import SIGMAS, STEPS_LIMIT, check_process
from app.config.noise import check_noise
from app.config.readers import check_read
from app.config.validation import between, check_types, import_path, positive, require


@dataclass(frozen=True, kw_only=True)
class Diffusion:
    """Noise schedule, target and condition."""

    schedule: Literal[
        "linear", "cosine", "geometric", "annealed", "sigmoid", "exploding", "karras", "flow"
    ] = "linear"
    """Noise schedule; exploding and karras: noise levels on the whole image; flow: a line."""
    steps: int = 1000
    """Length T of the chain, steps, 1 to 32,767."""
    first_beta: float = 1e-4
    """First noise variance (linear, geometric, annealed)."""
    last_beta: float = 0.02
    """Last noise variance (linear, geometric, annealed)."""
    scale_to_steps: bool = False
    """Multiply linear betas by 1000 / steps, so that short chains end in noise too."""
    smallest_sigma: float | None = None
    """First noise level, in units of the pixels (unset: exploding 0.01, karras 0.002)."""
    largest_sigma: float | None = None
    """Last noise level, in units of the pixels (unset: exploding 50, karras 80)."""
    zero_terminal: bool = False
    """Rescale the schedule to end in pure noise (not with the targets noise and score)."""
    target: Literal["noise", "clean", "velocity", "flow", "edm", "score"] = "noise"
    """What the network predicts."""
    sigma_data: float = 0.5
    """Deviation of the images in units of the pixels, above 0 (edm)."""
    weighting: Literal["none", "min_snr"] = "none"
    """Weight of the loss by noise level: none, or min-SNR with gamma 5."""
    times: Literal["uniform", "stratified", "log_normal", "logit_normal"] = "uniform"
    """Training times: at random, spread evenly over a batch, by EDM's levels, mid-flow."""
    time_mean: float | None = None
    """Mean of log sigma (log_normal, unset: -1.2) or of the logit of time (unset: 0)."""
    time_deviation: float | None = None
    """Its deviation, above 0 (unset: log_normal 1.2, logit_normal 1)."""
    loss: str = "mean_squared_error"
    """A Keras loss name, or module:Class of your own."""
    noise: Literal["gaussian", "entropy", "images"] = "gaussian"
    """Noise: Gaussian, Gaussian scaled by an image's entropy, or images of another data set."""
    noise_scale: Literal["image", "batch", "constant"] = "image"
    """Entropy noise: scaled by the entropy of each image, of the batch, or by a constant."""
    constant_scale: float = 0.878
    """Entropy noise: the constant, above 0 (0.878 is what batches of MNIST have)."""
    unit_noise_target: bool = False
    """Entropy noise: the network predicts the noise before it is scaled (target noise)."""
    unit_noise_start: bool = False
    """Entropy noise: sampling starts from N(0, I), not from noise of the mean training scale."""
    noise_data: str = "fashion_mnist"
    """Images as noise: a data set, folder, .npz file or module:function, resized to the images."""
    noise_directory: str | None = None
    """Images as noise: folder that holds an existing copy (unset: that of the data)."""
    condition: Literal["none", "class", "attributes"] = "none"
    """Condition given to the network: a class, or a vector of attributes."""
    label_dropout: float = 0.1
    """Share of labels replaced by the null label while training (for guidance), [0, 1)."""
    pixel_low: float = -1.0
    """Float value of a black pixel."""
    pixel_high: float = 1.0
    """Float value of a white pixel."""

    def __post_init__(self):
        check_types(self)
        if ":" in self.loss:
            import_path(self, "loss")
        between(self, 1, STEPS_LIMIT, "steps")
        for name in ("first_beta", "last_beta"):
            value = getattr(self, name)
            require(0 < value < 1, f"`{name}` must be in (0, 1). Received: {value}.")
        require(
            self.first_beta <= self.last_beta,
            f"`first_beta` must not exceed `last_beta` ({self.last_beta}). "
            f"Received: {self.first_beta}.",
        )
        check_process(self)
        positive(self, "sigma_data")
        for name in ("time_deviation", "smallest_sigma", "largest_sigma"):
            if getattr(self, name) is not None:
                positive(self, name)
        if self.schedule in SIGMAS:
            low, high = SIGMAS[self.schedule]
            low, high = self.smallest_sigma or low, self.largest_sigma or high
            require(low < high, f"`smallest_sigma` must be below {high}. Received: {low}.")
        require(
            0 <= self.label_dropout < 1,
            f"`label_dropout` must be in [0, 1). Received: {self.label_dropout}.",
        )
        require(
            self.pixel_low < self.pixel_high,
            f"`pixel_low` must be below `pixel_high` ({self.pixel_high}). "
            f"Received: {self.pixel_low}.",
        )
        check_noise(self)
        check_read(diffusion=self)


@dataclass(frozen=True, kw_only=True)
class Sampling:
    """How images are drawn."""

    sampler: Literal[
        "ddim", "ddpm", "dpm_solver", "cold", "euler", "heun", "langevin", "predictor_corrector"
    ] = "ddim"
    """Sampler; dpm_solver: DPM-Solver++(2M); cold: images as noise; heun: twice the work."""
    steps: int = 50
    """Denoising steps, 1 to the length of the chain."""
    spacing: Literal["trailing", "leading", "linspace"] = "trailing"
    """Which steps of the chain are visited."""
    eta: float = 0.0
    """Noise added by DDIM, 0 (none) to 1 (as much as DDPM)."""
    variance: Literal["posterior", "beta"] = "posterior"
    """Noise added by DDPM: the posterior's variance, or beta."""
    cold_algorithm: Literal["1", "2"] = "2"
    """Cold restoration: the algorithm of its paper; 2 corrects itself."""
    cold_noise: Literal["kept", "estimated"] = "kept"
    """Cold restoration: degrade again by the image it started from, or by an estimate of it."""
    churn: float = 0.0
    """Noise that euler and heun add over all steps, 0 or more (S_churn)."""
    churn_interval: tuple[float, float] | None = None
    """Churn where low <= sigma <= high only (unset: all)."""
    churn_noise: float = 1.0
    """Factor of the churn's noise, above 0 (S_noise)."""
    moves: int = 1
    """Langevin moves at each step (langevin, predictor_corrector)."""
    snr: float | None = None
    """Length of a Langevin move by its noise, (0, 1) (unset: langevin by its levels, else 0.16)."""
    clip: bool = True
    """Clip the estimated clean image to the pixel range at each step."""
    guidance: float = 0.0
    """Classifier-free guidance w in (1 + w) conditional - w unconditional; 0: off."""
    guidance_interval: tuple[float, float] | None = None
    """Guidance where low < sigma <= high only, sigma = noise rate / signal rate (unset: all)."""
    batch_size: int = 128
    """Images drawn at a time (without effect on the result)."""
    seed: int = 0
    """Seed of the pictures: same seed, same pictures."""

    def __post_init__(self):
        check_types(self)
        positive(self, "steps", "batch_size")
        between(self, 0, 1, "eta")
        between(self, 0, 100, "guidance")
        interval = self.guidance_interval
        require(
            interval is None or (len(interval) == 2 and 0 <= interval[0] < interval[1]),
            "`guidance_interval` must be two noise levels low and high, 0 <= low < high. "
            f"Received: {interval}.",
        )
        positive(self, "moves", "churn_noise")
        require(self.churn >= 0, f"`churn` must be 0 or more. Received: {self.churn}.")
        require(
            self.snr is None or 0 < self.snr < 1,
            f"`snr` must be in (0, 1). Received: {self.snr}.",
        )
        churned = self.churn_interval
        require(
            churned is None or (len(churned) == 2 and 0 <= churned[0] < churned[1]),
            "`churn_interval` must be two noise levels low and high, 0 <= low < high. "
            f"Received: {churned}.",
        )
        require(0 <= self.seed < 2**31, f"`seed` must be in [0, 2^31). Received: {self.seed}.")
        check_read(sampling=self)

    @property
    def evaluations(self) -> int:
        """Evaluations of the network that one image takes."""
        count = {
            "heun": 2 * self.steps - 1,  # its last step is Euler's
            "langevin": self.moves * self.steps,
            "predictor_corrector": (1 + self.moves) * self.steps,
        }.get(self.sampler, self.steps)
        return count * (2 if self.guidance else 1)
