"""What a page says of the settings of its runs."""

from app import config
from app.recipes import RECIPES
from app.reproductions.kept import setting
from app.reproductions.settings import settings_lines


def lines(**recipes):
    """The lines of runs of these recipes, without the head of the table."""
    configs = {name: setting(config.to_dict(recipe)) for name, recipe in recipes.items()}
    return settings_lines({name: {"config": values} for name, values in configs.items()})[2:]


def test_data_network_training_and_drawing_are_named_once():
    recipe = config.Recipe(
        name="x",
        data=config.Data(name="mnist", training_images=40_000, validation_fraction=1 / 6),
        network=config.PlainCNN(channels=(8, 16, 8), kernel_size=3),
        diffusion=config.Diffusion(condition="class", steps=1000),
        optimizer=config.Optimizer(learning_rate=1e-3, decay="cosine"),
        training=config.Training(epochs=3, batch_size=32),
        sampling=config.Sampling(sampler="ddpm", steps=50, guidance=0.5),
    )
    other = config.Recipe(
        name="y",
        data=config.Data(name="mnist", validation_fraction=1 / 6),
        network=recipe.network,
        diffusion=recipe.diffusion,
        optimizer=recipe.optimizer,
        training=config.Training(epochs=4, batch_size=32),
        sampling=recipe.sampling,
    )
    assert lines(one=recipe, again=recipe, other=other) == [
        "| data | mnist, 40,000 images, 17 % held out; mnist, 17 % held out |",
        "| network | PlainCNN (channels 8-16-8) |",
        "| training | 3 epochs of batches of 32, adam at 0.001, cosine decay; 4 epochs of batches "
        "of 32, adam at 0.001, cosine decay |",
        "| drawing | ddpm, 50 steps of 1,000, guidance 0.5 |",
    ]


def test_classifiers_draw_nothing_and_domains_have_two_sets():
    found = lines(classifier=RECIPES["noisy-mnist-small"])
    assert [line.split(" | ")[0] for line in found] == ["| data", "| network", "| training"]
    (data, *_) = lines(domains=RECIPES["usps-to-mnist"])
    assert data.startswith("| data | usps") and " and mnist" in data


def test_runs_that_only_measure_say_nothing():
    measured = {"config": {"kind": "measured", "of": "trained-x-0", "sampling": {"steps": 7}}}
    assert settings_lines({"drawn-x-0": measured})[2:] == []
