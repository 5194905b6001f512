"""What import-linter cannot see: where edges are called, how long things grow, what text says."""

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted(
    path
    for top in ("gridmap", "web")
    for path in (ROOT / top).rglob("*.py")
    if "migrations" not in path.parts
)

HOMES = {
    # method or function → the places that may call it
    "to_crs": ("gridmap/crs.py",),
    "set_crs": ("gridmap/crs.py", "gridmap/io/"),
    "to_file": ("gridmap/io/",),
    "to_parquet": ("gridmap/io/",),
    "to_excel": ("gridmap/io/", "gridmap/report/"),
    "read_file": ("gridmap/io/",),
    "read_parquet": ("gridmap/io/",),
    "read_dataframe": ("gridmap/io/",),
    "write_dataframe": ("gridmap/io/",),
    "to_postgis": ("gridmap/store/",),
    "read_postgis": ("gridmap/store/",),
    "explore": (),
    "set_precision": (
        "gridmap/grid/",
        "gridmap/io/",
        "gridmap/maps/",
        "gridmap/services/",
        "gridmap/synthesis/",
    ),
}
LONG_MODULES = {
    # module → why it is longer than 400 lines
    "gridmap/grid/moves.py": "compiled loops that call each other share one module and its cache",
    "gridmap/schema.py": "one room for reading, casting and examining the columns",
}


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def _functions(path: Path) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(_tree(path)) if isinstance(node, ast.FunctionDef))


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def _code_lines(function: ast.FunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("path", SOURCES, ids=_name)
def test_calls_that_carry_an_edge_stay_in_their_home(path: Path) -> None:
    strays = [
        f"{_name(path)}:{node.lineno} .{node.func.attr}"
        for node in ast.walk(_tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in HOMES
        and not _name(path).startswith(tuple(HOMES[node.func.attr]) or ("nowhere",))
    ]
    assert not strays


@pytest.mark.parametrize("path", [p for p in SOURCES if p.parent.name == "views"], ids=_name)
def test_a_view_parses_calls_a_study_and_renders(path: Path) -> None:
    banned = {"pandas", "geopandas", "shapely", "sqlalchemy", "folium", "numpy"}
    found = set()
    for node in ast.walk(_tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    assert not found & banned


@pytest.mark.parametrize(
    ("library", "home"),
    [
        ("folium", "gridmap/maps/"),
        ("branca", "gridmap/maps/"),
        ("osmium", "gridmap/io/"),
        ("openpyxl", "gridmap/io/"),
        ("geoalchemy2", "gridmap/store/"),
        ("psycopg", "gridmap/store/"),
        ("tqdm", "gridmap/cli/"),
    ],
)
def test_a_library_at_the_edge_has_one_home(library: str, home: str) -> None:
    strays = [
        _name(path)
        for path in SOURCES
        for node in ast.walk(_tree(path))
        if (
            isinstance(node, ast.Import)
            and any(alias.name.split(".")[0] == library for alias in node.names)
        )
        or (isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == library)
        if not _name(path).startswith(home)
    ]
    assert not strays


def test_modules_stay_within_400_lines_or_say_why() -> None:
    long = {_name(p) for p in SOURCES if len(p.read_text("utf-8").splitlines()) > 400}
    assert long <= set(LONG_MODULES)


def test_the_median_function_is_under_15_lines() -> None:
    sizes = [_code_lines(function) for path in SOURCES for function in _functions(path)]
    assert median(sizes) < 15


def test_no_function_has_more_than_40_statements() -> None:
    long = [
        f"{_name(path)}:{function.name}"
        for path in SOURCES
        for function in _functions(path)
        if sum(isinstance(node, ast.stmt) for node in ast.walk(function)) > 41
    ]
    assert not long


def test_every_public_function_has_a_docstring() -> None:
    bare = [
        f"{_name(path)}:{node.name}"
        for path in SOURCES
        if path.is_relative_to(ROOT / "gridmap")
        for node in _tree(path).body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
        and not ast.get_docstring(node)
    ]
    assert not bare


def test_the_architecture_names_the_layers_that_are_checked() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    layers = settings["tool"]["importlinter"]["contracts"][0]["layers"]
    told = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    line = re.search(r"`web > (cli[^`]+)`", told)
    assert line is not None
    assert " ".join(line[1].split()) == " > ".join(layers)


def test_layers_point_downwards() -> None:
    found = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == 0, found.stdout


def test_no_line_of_the_project_names_an_index_or_a_path_of_a_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    words = (
        "registry." + "npmjs",
        "files.python" + "hosted",
        "/wo" + "rk/",
        "pypi" + ".org/simple",
    )
    suffixes = {".py", ".md", ".toml", ".json", ".lock", ".txt", ".sh", ".yaml", ".html", ".js", ""}
    named = [
        (name, word)
        for name in listed
        if (path := ROOT / name).suffix in suffixes and path.is_file()
        for word in words
        if word in path.read_text(encoding="utf-8", errors="ignore")
    ]
    assert not named
