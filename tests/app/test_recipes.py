"""Recipes: JSON round trip, help texts, files of one's own, levels that hear nothing."""

import dataclasses
import json
import re
import subprocess
import sys
import typing

import pytest

from app import config
from app.config.network import deaf_warning
from app.errors import UserError
from app.recipes import RECIPES, load_recipe


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_survive_json(name):
    recipe = RECIPES[name]
    values = json.loads(json.dumps(config.to_dict(recipe)))
    recipe = recipe.resolved() if recipe.kind == "classification" else recipe
    assert config.from_dict(values) == recipe
    assert json.loads(json.dumps(config.to_dict(config.from_dict(values)))) == values
    assert RECIPES[name].summary


def test_every_field_has_a_help_text():
    parts = {
        kind
        for kind in vars(config).values()
        if dataclasses.is_dataclass(kind) and kind.__module__.startswith("app.config")
    }
    assert len(parts) >= 20
    for kind in parts:
        if kind in typing.get_args(config.AnyRecipe):
            continue
        source = open(sys.modules[kind.__module__].__file__).read()
        source = source.split(f"class {kind.__name__}", 1)[1]
        for field in dataclasses.fields(kind):
            # The field itself, over several lines if it is long, then its help.
            form = rf'    {field.name}: [^\n]*(\n        [^\n]*|\n    \][^\n]*)*\n    """\S'
            assert re.search(form, source), f"{kind.__name__}.{field.name} has no help"


def test_a_user_recipe_file(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("from app.config import Recipe\nRECIPE = Recipe(name='mine')\n")
    assert load_recipe(str(path)).name == "mine"


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("x = 1", "must define RECIPE"),
        ("import nothing_like_this", "failed at line 1: ModuleNotFoundError"),
        ("\n\n1 / 0", "failed at line 3: ZeroDivisionError"),
        ("def (", "failed at line 1: SyntaxError"),
        ("raise SystemExit(0)", "failed at line 1: SystemExit"),
        ("from app.config import *\nRECIPE = Recipe(name='x', steps=3)", "failed at line 2"),
    ],
)
def test_a_bad_recipe_file_is_one_sentence(tmp_path, text, sentence):
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(UserError, match=sentence):
        load_recipe(str(path))


def test_unknown_recipe_names_a_close_one():
    with pytest.raises(UserError, match="Did you mean 'mnist-cnn'"):
        load_recipe("mnist-cn")


def test_help_loads_no_backend():
    code = (
        "import sys; from app.cli import main\n"
        "try: main(['train', 'digits', '--help'])\n"
        "except SystemExit: pass\n"
        "heavy = {'tensorflow', 'jax', 'keras', 'mlflow', 'numpy'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize(
    "width, multipliers, groups, deaf",
    [
        (32, (1, 2), 32, True),
        (32, (1, 2), 16, False),
        (64, (1, 2), 32, False),
        (8, (2, 1), 8, True),
    ],
)
def test_a_level_of_one_channel_a_group_is_said(width, multipliers, groups, deaf):
    network = config.Unet(width=width, multipliers=multipliers, groups=groups)
    sentence = deaf_warning(network)
    assert (sentence is not None) == deaf
    if deaf:
        assert f"--network.groups {width // 4}" in sentence


@pytest.mark.parametrize("name", sorted(RECIPES))
def test_no_recipe_has_a_level_that_hears_neither_time_nor_condition(name):
    assert deaf_warning(getattr(RECIPES[name], "network", None)) is None
