"""What the documents say can be done: commands are understood, links lead somewhere."""

import json
import re
import shlex
from pathlib import Path

import pytest

from app.cli import VERBS, main
from app.recipes import RECIPES
from app.reproductions.settings import settings_lines
from app.reproductions.tables import TABLES

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted(
    [ROOT / "README.md", ROOT / "mlflow" / "README.md", *(ROOT / "docs").rglob("*.md")]
)
OWN = "my_recipe.py"  # a file that its guide lets the reader write


def commands(path):
    """The words of each `python -m app` command in the blocks of a document."""
    found = []
    for block in re.findall(r"```sh\n(.*?)```", path.read_text(), re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            before, command, words = line.partition("python -m app ")
            if command and not before.lstrip().startswith("#"):
                found.append(shlex.split(words, comments=True))
    return found


ALL = [
    pytest.param(words, id=f"{path.stem}: {' '.join(words)[:60]}")
    for path in DOCUMENTS
    for words in commands(path)
    if OWN not in words
]


@pytest.mark.parametrize("words", ALL)
def test_the_command_line_understands_every_command(words, monkeypatch):
    asked = []
    verb = words[0]
    if verb == "train":
        monkeypatch.setattr("app.cli._open", lambda *parts: None)
        for name in ("train.train", "train.resume", "dry_run.dry_run"):
            monkeypatch.setattr(f"app.{name}", lambda *parts, **options: asked.append(parts))
    else:
        _, options, words_of_help = VERBS[verb]
        monkeypatch.setitem(VERBS, verb, (asked.append, options, words_of_help))
    assert main(words) == 0
    assert len(asked) == 1


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_to_a_file(path):
    targets = re.findall(r"\]\(([^)\s]+)\)", path.read_text())
    inside = [target.partition("#")[0] for target in targets if "://" not in target]
    assert [target for target in inside if not (path.parent / target).exists()] == []


def test_recipes_named_after_train_exist():
    text = "\n".join(path.read_text() for path in DOCUMENTS)
    named = set(re.findall(r"`train ([a-z][a-z0-9-]+)", text))
    assert named and named <= RECIPES.keys()


@pytest.mark.parametrize("name", TABLES)
def test_the_page_of_a_table_says_what_its_results_say(name):
    page = ROOT / "docs" / "results" / f"{name}.md"
    if not page.exists():
        pytest.skip(f"the table {name} has no page yet")
    results = json.loads((page.with_suffix("") / "results.json").read_text())
    text = page.read_text()
    assert TABLES[name].report(results) in text and "\n".join(settings_lines(results)) in text
