"""Malformed command lines and configurations: each ends in the sentence of its kind, no traceback.

Bad images, folders and archives are in `test_bad_data`, damaged runs in `test_bad_runs`.
"""

import dataclasses
import itertools
import typing

import pytest
from keras import distribution

from app import config

VERBS = ("train", "sample", "evaluate", "export", "compare", "sync", "recipes", "data", "ui")

UNKNOWN_WORDS = [
    (["frobnicate"], r"No verb 'frobnicate'\. Verbs: train, sample"),
    (["Train", "digits"], r"No verb 'Train'"),
    (["--verbose"], r"No verb '--verbose'"),
    (["train", "digitz"], r"No recipe 'digitz'\. Did you mean 'digits'\? Known: .*Python file"),
    (["train", "mnist-cn"], r"Did you mean 'mnist-cnn'\?"),
    (["train", ""], r"No recipe ''\. Known: mnist-small"),
    (["train", "--dry-run"], r"No recipe '--dry-run': the recipe comes first"),
    (["train", "--training.epochs", "5", "digits"], r"the recipe comes first and its options"),
    (["train", "digits", "--resume", "x"], r"goes on with its own recipe: train --resume RUN"),
    (["train", "--resume=x"], r"No run 'x' in runs/"),
    (["train", "x" * 400], r"No recipe 'x+'"),
    (["train", "x" * 400 + ".py"], r"too long for this system.*Give a shorter one"),
    (["train", "--resume"], r"Missing from .*train --resume: RUN Run id"),
    (["train", "--resume", "a", "b"], r"Unrecognized options: b"),
    (["sample"], r"Missing from .*sample: RUN Run id"),
    (["evaluate"], r"Missing from .*evaluate: SUBJECT Run"),
    (["export"], r"Missing from .*export: RUN Run id"),
    (["sync"], r"Missing from .*sync: RUN Run id"),
    (["compare"], r"takes two runs or more\. Received: 0"),
    (["compare", "one"], r"takes two runs or more\. Received: 1"),
    (["ui", "--port", "0"], r"port must be from 1 to 65535\. Received: 0"),
    (["ui", "--port", "-1"], r"port must be from 1 to 65535\. Received: -1"),
    (["ui", "--port", "65536"], r"port must be from 1 to 65535\. Received: 65536"),
    (["ui", "--port", "five"], r"--port: invalid literal for int\(\).*'five'"),
    (["sample", "x", "--count", "a"], r"--count: invalid literal.*'a'"),
    (["sample", "x", "--labels", "a"], r"--labels"),
    (
        ["sample", "x", "--weights", "good"],
        r"must be best, ema, raw, swa or best-epoch, or ema:LENGTH.*Received: good",
    ),
    (
        ["sample", "x", "--sampler", "ddxm"],
        r"choice 'ddxm'.*Expected one of .*'dpm_solver'",
    ),
    (["sample", "x", "--guidance", "much"], r"--guidance"),
    (["sample", "x", "--resampling", "3"], r"`--resampling` is read by `--mask` only.*: 3 without"),
    (["sample", "x", "--frames", "3"], r"`--frames` is read by strips"),
    (["sample", "x", "--variants", "3"], r"`--variants` is read by `--images` and strips only"),
    (["sample", "x", "--classifier-scale", "3"], r"is read by `--classifier` only"),
    (["sample", "x", "--to-seed", "3", "--count", "5"], r"`--count` is read by a plain drawing"),
    (["sample", "x", "--steps", "1.5"], r"--steps"),
    (["sample", "x", "--seed", "now"], r"--seed"),
    (["sample", "x", "--first-index", "a"], r"--first-index"),
    (["evaluate", "x", "--samples", "few"], r"--samples: .*invalid literal.*'few'"),
    (["export", "x", "--weights", "ema:0.3"], r"above 0 and below 0.2886.*Received: ema:0.3"),
]


@pytest.mark.parametrize("arguments, pattern", UNKNOWN_WORDS)
def test_unknown_words(refused, arguments, pattern):
    refused(arguments, pattern)


LATE = [
    (["--evaluation.metrics", "fidd"], r"No metric is called 'fidd'\. Choose from: "),
    (
        ["--evaluation.metrics", "image_text"],
        r"'image_text' cannot be computed: it needs",
    ),
    (["--evaluation.extractor", "eyes"], r"'eyes'"),
    (["--data.flip", "True"], r"a mirror image of 'digits' is no image of it"),
    (["--optimizer.accumulation-steps", "9999"], r"updated every 9999: never\. Train longer"),
]


@pytest.mark.parametrize("options, pattern", LATE)
def test_what_would_fail_after_training_is_refused_before_there_is_a_run(
    refused, tmp_path, options, pattern
):
    refused(["train", "digits", "--runs", tmp_path / "runs", *options], pattern)
    assert not (tmp_path / "runs").exists()


def test_an_attention_kernel_that_this_device_lacks(refused):
    if any("gpu" in device.lower() for device in distribution.list_devices()):
        pytest.skip("a GPU may have it")
    words = ["train", "mnist-dit", "--network.kernel", "flash"]
    refused(words, r"flash cannot run here, on .*Use the kernel memory_efficient or standard")


@pytest.mark.parametrize("backend", ["torch", "numpy", "nonsense"])
def test_other_backends(refused, monkeypatch, backend):
    monkeypatch.setenv("KERAS_BACKEND", backend)
    refused(["train", "digits"], f"runs on tensorflow or jax. Received: KERAS_BACKEND='{backend}'")


@pytest.mark.parametrize("verb", VERBS)
def test_unknown_options(refused, verb):
    before = {"train": ["digits"], "recipes": [], "data": [], "ui": []}.get(verb, ["x"])
    refused([verb, *before, "--frobnicate", "1"], r"Unrecognized options: --frobnicate")


ID_VERBS = (["sample"], ["evaluate"], ["export"], ["sync"], ["train", "--resume"], ["compare", "b"])


@pytest.mark.parametrize("verb", ID_VERBS, ids=" ".join)
@pytest.mark.parametrize(
    "reference, pattern",
    [("nothing", r"No run '(nothing|b)' in .*none yet: train one"), ("", r"No run '(b|)' in")],
)
def test_unknown_runs(refused, tmp_path, verb, reference, pattern):
    refused([*verb, reference, "--runs", tmp_path], pattern)


# Every option of a recipe with a value of a wrong type: what the parser says, made from the fields.
PARTS = {
    "data": config.Data,
    "network": config.Unet,
    "diffusion": config.Diffusion,
    "optimizer": config.Optimizer,
    "training": config.Training,
    "sampling": config.Sampling,
    "watching": config.Watching,
    "evaluation": config.Evaluation,
}
TYPED = [
    (f"--{part}.{field.name.replace('_', '-')}", typing.get_type_hints(kind)[field.name])
    for part, kind in PARTS.items()
    for field in dataclasses.fields(kind)
]
TEXTS = (str, str | None, tuple[str, ...])  # any value is one
TYPED = [(option, kind) for option, kind in TYPED if kind not in (bool, *TEXTS)]


@pytest.mark.parametrize("option, kind", TYPED, ids=[option for option, _ in TYPED])
def test_wrong_types_of_options(refused, option, kind):
    pattern = rf"Error parsing {option}: .*'wrong'"
    if typing.get_origin(kind) is typing.Literal or bool in typing.get_args(kind):
        choices = "True" if kind == bool | None else ".*".join(typing.get_args(kind))
        pattern = rf"invalid choice 'wrong' for argument '{option}'. Expected one of .*{choices}"
    refused(["train", "digits", option, "wrong"], pattern)


@pytest.mark.parametrize(
    "option",
    ["--data.download", "--diffusion.scale-to-steps", "--sampling.clip"],
)
def test_values_of_switches(refused, option):
    refused(["train", "digits", option, "wrong"], "wrong")


RANGES = [
    ("--data.name", " ", "`name` must name a data set"),
    ("--data.validation-fraction", "0", r"`data.validation_fraction` must be above 0.*: 0\."),
    ("--data.validation-fraction", "0.6", r"`validation_fraction` .*Received: 0\.6"),
    ("--data.validation-fraction", "nan", "`validation_fraction` must be a finite number"),
    ("--data.size", "2", r"`size` must be in \[4, 1024\]\. Received: 2"),
    ("--data.size", "4096", r"`size` must be in \[4, 1024\]\. Received: 4096"),
    ("--network.width", "0", "`width` must be above 0"),
    ("--network.width", "2", "`width` must be at least 4"),
    ("--network.blocks", "-1", "`blocks` must be above 0. Received: -1"),
    ("--network.heads", "0", "`heads` must be above 0"),
    ("--network.heads", "7", r"`heads` must divide the channels of each level \(32|64\)"),
    ("--network.patch-size", "0", "`patch_size` must be above 0"),
    ("--network.multipliers", "0", "`multipliers` must hold at least one number, all above 0"),
    ("--network.dropout", "1", r"`dropout` must be in \[0, 1\)\. Received: 1"),
    ("--network.dropout", "-0.1", r"`dropout` must be in \[0, 1\)"),
    ("--diffusion.steps", "0", r"`steps` must be in \[1, 32767\]\. Received: 0"),
    ("--diffusion.steps", "32768", r"`steps` must be in \[1, 32767\]"),
    ("--diffusion.first-beta", "0", r"`first_beta` must be in \(0, 1\)"),
    ("--diffusion.first-beta", "0.5", r"`first_beta` must not exceed `last_beta` \(0.02\)"),
    ("--diffusion.last-beta", "1", r"`last_beta` must be in \(0, 1\)"),
    ("--diffusion.last-beta", "inf", "`last_beta` must be a finite number"),
    ("--diffusion.label-dropout", "1", r"`label_dropout` must be in \[0, 1\)"),
    ("--diffusion.pixel-low", "1", "`pixel_low` must be below `pixel_high`"),
    ("--diffusion.pixel-high", "inf", "`pixel_high` must be a finite number"),
    ("--diffusion.loss", "a b:c", "`loss` must be an import path like my_module:MyClass"),
    ("--diffusion.loss", "module:", "`loss` must be an import path"),
    ("--optimizer.learning-rate", "0", "`learning_rate` must be above 0"),
    ("--optimizer.learning-rate", "-1e-3", "`learning_rate` must be above 0"),
    ("--optimizer.learning-rate", "nan", "`learning_rate` must be a finite number"),
    ("--optimizer.learning-rate", "inf", "`learning_rate` must be a finite number"),
    ("--optimizer.warmup-steps", "-1", "`warmup_steps` must be 0 or above"),
    ("--optimizer.clip-norm", "-1", "`clip_norm` must be 0 or above"),
    ("--optimizer.weight-decay", "-1", "`weight_decay` must be 0 or above"),
    ("--optimizer.weight-decay", "0.1", "`weight_decay` is read where `optimizer.name` is adamw"),
    ("--optimizer.accumulation-steps", "0", "`accumulation_steps` must be above 0"),
    ("--training.epochs", "0", "`epochs` must be above 0. Received: 0"),
    ("--training.batch-size", "-8", "`batch_size` must be above 0. Received: -8"),
    ("--training.seed", "-1", r"`seed` must be in \[0, 2\^31\)"),
    ("--training.power-averages", "0.3", r"different lengths above 0, below 0.2886.*\(0.3,\)"),
    ("--training.ema-decay", "1", r"`ema_decay` must be in \[0, 1\)"),
    ("--training.swa-start-epoch", "60", r"`swa_start_epoch` must be below `epochs` \(60\)"),
    ("--training.keep-checkpoints", "0", "`keep_checkpoints` must be above 0"),
    ("--training.checkpoint-epochs", "0", "`checkpoint_epochs` must be above 0"),
    ("--sampling.steps", "0", "`steps` must be above 0"),
    ("--sampling.steps", "1001", r"`sampling.steps` must not exceed `diffusion.steps` \(1000\)"),
    ("--sampling.eta", "1.5", r"`eta` must be in \[0, 1\]"),
    ("--sampling.guidance", "-1", r"`guidance` must be in \[0, 100\]"),
    ("--sampling.guidance", "nan", "`guidance` must be a finite number"),
    ("--sampling.batch-size", "0", "`batch_size` must be above 0"),
    ("--sampling.seed", "2147483648", r"`seed` must be in \[0, 2\^31\)"),
    ("--watching.sample-every", "-1", "`sample_every` must be 0 or above"),
    ("--watching.samples", "0", "`samples` must be above 0"),
    ("--watching.score-every", "-1", "`score_every` must be 0 or above"),
    ("--watching.score-samples", "1", "`score_samples` must be 2 or above"),
    ("--evaluation.samples", "3", "`samples` must be 0 or at least 16"),
]


@pytest.mark.parametrize("option, value, pattern", RANGES)
def test_values_out_of_range(refused, option, value, pattern):
    refused(["train", "digits", f"{option}={value}"], pattern)


MISFITS = [
    (["--sampling.guidance-interval", "2", "1"], "`guidance_interval` must be two noise levels"),
    (["--sampling.guidance-interval", "-1", "1"], "`guidance_interval` must be two noise levels"),
    (["--diffusion.zero-terminal", "--diffusion.target", "noise"], "Take clean, velocity, flow"),
    (
        ["--diffusion.zero-terminal", "--diffusion.target", "clean", "--diffusion.steps", "1"]
        + ["--sampling.steps", "1"],
        "`zero_terminal` needs a chain of 2 `steps` or more",
    ),
    (["--diffusion.condition", "none", "--sampling.guidance", "1"], "needs a condition"),
    (["--diffusion.steps", "10"], r"`sampling.steps` must not exceed `diffusion.steps` \(10\)"),
    (["--network.attention-resolutions", "5"], r"Attention .* side 5.* have the sides \[8, 4\]"),
    (["--network.patch-size", "3"], "patches of 3 needs an image side that is a multiple of 6"),
    (["--network.multipliers", *"11111"], "U-Net of 5 levels .* multiple of 16.*image_size=8"),
    (["--training.batch-size", "5000"], "has 1293 training images, fewer than a batch of 5000"),
    (["--data.size", "16"], "`size` is for image folders and celeb_a"),
    (
        ["--diffusion.schedule", "linear", "--diffusion.steps", "10", "--sampling.steps", "5"]
        + ["--diffusion.scale-to-steps"],
        r"Each beta must be in \(0, 1\].*Take more steps",
    ),
    (["--data.name", "no-such-set"], "No data set, folder or .npz file is called 'no-such-set'"),
    (["--data.name", "digit"], "Did you mean 'digits'"),
    (["--data.name", "~nobody/images"], "No data set, folder or .npz file is called '~nobody"),
    (["--data.name", "y" * 400], "No data set|too long for this system"),
    (["--data.name", "none.npz"], "A file of images was expected at none.npz. There is none"),
    (["--diffusion.loss", "no_such_loss"], "The loss 'no_such_loss' cannot compare"),
    (["--diffusion.loss", "no.module:Loss"], "Could not import 'no.module:Loss': ModuleNotFound"),
    (["--diffusion.loss", "math:Loss"], "Could not import 'math:Loss': AttributeError"),
    (["--diffusion.loss", "math:sqrt"], "The loss 'math:sqrt' cannot compare"),
    (["--diffusion.loss", "builtins:dict"], "The loss 'builtins:dict' cannot compare"),
    (["--data.name", "no.module:images"], "Could not import 'no.module:images': ModuleNotFound"),
    (["--data.name", "math:images"], "Could not import 'math:images': AttributeError"),
    (["--data.name", "math:pi"], "math:pi must be a function. Received: float"),
    (["--data.name", "os:getcwd"], "os:getcwd must return a Dataset.*Received: str"),
]


def options(case):
    return " ".join(case)[:60] if isinstance(case, list) else ""


@pytest.mark.parametrize("arguments, pattern", MISFITS, ids=options)
def test_choices_that_do_not_fit(refused, tmp_path, arguments, pattern):
    switch = ["--dry-run"] if "math:sqrt" in arguments else []
    refused(["train", "digits", *arguments, *switch, "--runs", tmp_path / "runs"], pattern)
    assert not (tmp_path / "runs").exists(), "a refused recipe leaves no run behind"


ABSENT = list(
    itertools.product(("mnist", "fashion_mnist", "cifar10", "celeb_a", "usps"), ("given", ""))
)


@pytest.mark.parametrize("name, where", ABSENT)
def test_data_sets_that_are_not_here(refused, world, monkeypatch, tmp_path, name, where):
    """The sentence names where it looked, and the embedded set to use instead."""
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "copies"))
    given = ["--data.directory", tmp_path / "given"] if where else []
    place = tmp_path / "given" if where else "copies|the data folders"
    pattern = (
        rf"'{name}' was looked for .*{place}.*not found.*embedded data set `(digits|mnist-5k)`"
    )
    refused(["train", "digits", "--data.name", name, *given], pattern)
