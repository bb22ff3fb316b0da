"""The four rules of the house, read from the source with ast."""

import ast
import graphlib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = ("layers", "losses", "callbacks", "app")
SOURCES = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))

# Who may import a backend directly (rule 3), and who may import mlflow (rule 1).
BACKEND_FILES = {
    "app/data/feed.py",
    "app/data/tfds_source.py",
    "app/diffusion/compiled.py",
    "app/diffusion/gradient.py",
    "app/export/diffusion.py",
    "app/export/classifier.py",
    "app/export/noisy_classifier.py",
    "app/machine/environment.py",
    "app/metrics/features/inception_graph.py",
    "app/tracking/served_model.py",
}
MLFLOW_FILES = {"callbacks/mlflow_connection.py"}

# Inside app, a module may import modules of its own rank or below it.
RANKS = [
    {"errors", "files", "machine", "progress"},
    {"backend"},
    {"config"},
    {"data"},
    {"diffusion", "metrics"},
    {"models", "recipes", "reports", "run", "run_folders", "tracking"},
    {"build"},
    {"trained"},
    {"drawing", "export"},
    {"measuring"},
    {"compare"},
    {"tasks"},
    {"dry_run", "train"},
    {"audit", "reproductions"},
    {"reproduce"},
    {"options"},
    {"cli"},
    {"__main__"},
]


def imports(path):
    """Yields (module, line) of every import in a file, also those inside functions."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, node.lineno
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module, node.lineno
            for alias in node.names:
                yield f"{node.module}.{alias.name}", node.lineno


def name(path):
    return path.relative_to(ROOT).as_posix()


def rank(module):
    return next((i for i, members in enumerate(RANKS) if module in members), None)


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_imports_run_one_way(path):
    package = path.relative_to(ROOT).parts[0]
    for module, line in imports(path):
        top = module.split(".")[0]
        where = f"{name(path)}:{line} imports {module}"
        if package != "app":
            assert top != "app", f"{where}: {package} never imports app"
            assert top not in PACKAGES or top == package, f"{where}: packages stand alone"
        elif top == "app" and module.count("."):
            own = Path(path.relative_to(ROOT / "app").parts[0]).stem
            other = module.split(".")[1]
            if own == "__init__":
                continue
            assert rank(other) is not None, f"give {other} a rank in RANKS"
            assert rank(own) is not None, f"give {own} a rank in RANKS"
            assert rank(other) <= rank(own), f"{where}: {own} stands below {other}"


def test_no_parts_of_app_import_each_other_in_a_circle():
    graph = {}
    for path in SOURCES:
        package, own, *_ = path.relative_to(ROOT).parts
        for module, _ in imports(path):
            top, _, rest = module.partition(".")
            other = rest.partition(".")[0]
            if package == top == "app" and other not in ("", Path(own).stem):
                graph.setdefault(Path(own).stem, set()).add(other)
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the circle


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_backends_and_mlflow_only_where_named(path):
    for module, line in imports(path):
        top = module.split(".")[0]
        where = f"{name(path)}:{line} imports {module}"
        if top in {"tensorflow", "jax", "torch", "tensorflow_datasets"}:
            assert name(path) in BACKEND_FILES, where
        if top == "mlflow":
            assert name(path) in MLFLOW_FILES or name(path).startswith("app/tracking/"), where


@pytest.mark.parametrize("path", SOURCES, ids=name)
def test_files_hold_one_idea(path):
    assert len(path.read_text().splitlines()) <= 300, f"{name(path)} is over 300 lines"


def test_mlflow_folder_has_no_python():
    store = ROOT / "mlflow" / "store"  # artifacts of runs, which no import reaches
    found = [path for path in (ROOT / "mlflow").rglob("*.py") if store not in path.parents]
    assert not found, "Python in mlflow/ would shadow the package"


def test_every_test_folder_is_a_package():
    folders = {path.parent for path in (ROOT / "tests").rglob("*.py")}
    assert not [folder for folder in folders if not (folder / "__init__.py").exists()]


def public_classes(package):
    for path in (ROOT / package).glob("*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield pytest.param(node, id=f"{package}.{path.stem}.{node.name}")


@pytest.mark.parametrize("node", [*public_classes("layers"), *public_classes("losses")])
def test_layers_and_losses_are_registered_and_documented(node):
    decorators = " ".join(ast.unparse(decorator) for decorator in node.decorator_list)
    assert "register_keras_serializable" in decorators, f"{node.name} is not registered"
    methods = {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}
    if "__init__" not in methods:
        return
    assert "get_config" in methods, f"{node.name} takes arguments but has no get_config"
    arguments = methods["__init__"].args
    documented = ast.get_docstring(node) or ""
    for argument in [*arguments.args[1:], *arguments.kwonlyargs]:
        assert f"{argument.arg}:" in documented, f"{node.name}: Args lacks {argument.arg}"
