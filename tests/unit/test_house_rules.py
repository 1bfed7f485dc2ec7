"""Rules of the house that no linter holds. The ratchet list names today's exceptions and only shrinks."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("hitchpost", "crm_model", "crm_adapters", "sync", "agent", "tui")
LONGEST_MODULE = 400
LONGEST_FUNCTION = 40
NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "core", "base", "types", "impl"}
NAMELESS_SUFFIXES = ("Manager", "Helper", "Handler", "Impl")

RATCHET: dict[str, int] = {}
"""Functions that are longer than the rule, by "path:name", with their length today."""


def modules() -> list[Path]:
    """Every module of ours but the migrations, which say what was and never change."""
    found = (path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
    return sorted(path for path in found if "versions" not in path.parts)


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(path: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{name(path)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def test_no_module_is_longer_than_the_rule() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()}
    assert {path: count for path, count in lengths.items() if count > LONGEST_MODULE} == {}


def test_no_function_is_longer_than_the_rule_or_its_ratchet() -> None:
    long = {where: count for path in modules() for where, count in functions(path) if count > LONGEST_FUNCTION}
    assert {where: count for where, count in long.items() if count > RATCHET.get(where, LONGEST_FUNCTION)} == {}
    assert {where for where in RATCHET if where not in long} == set(), "shorter now: take it off the list"


def test_crm_model_is_standard_library_only() -> None:
    allowed = set(sys.stdlib_module_names) | {"crm_model"}
    strangers = {name(path): set(imported(path)) - allowed for path in (ROOT / "crm_model").rglob("*.py")}
    assert {path: found for path, found in strangers.items() if found} == {}


def test_sqlalchemy_stays_in_the_store() -> None:
    outside = (path for path in modules() if not name(path).startswith("sync/store/"))
    assert [name(path) for path in outside if {"sqlalchemy", "alembic"} & set(imported(path))] == []


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        name(path) for path in modules() if path.read_text(encoding="utf-8") and not ast.get_docstring(tree(path))
    ]
    assert silent == []


def test_names_mean_something() -> None:
    named = [path.parent.name if path.stem == "__init__" else path.stem for path in modules()]
    assert NAMELESS.isdisjoint(named)
    classes = [node.name for path in modules() for node in ast.walk(tree(path)) if isinstance(node, ast.ClassDef)]
    assert [found for found in classes if found.endswith(NAMELESS_SUFFIXES)] == []


def test_no_silenced_types() -> None:
    silenced = [name(path) for path in modules() if "# type: " + "ignore" in path.read_text(encoding="utf-8")]
    assert silenced == []


def test_no_test_folder_is_named_like_a_package() -> None:
    folders = {path.name for path in (ROOT / "tests").iterdir() if path.is_dir()}
    assert folders.isdisjoint(PACKAGES)


def test_locked_dependencies_name_no_host() -> None:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert "://" not in text
    assert " @ " not in text
    assert "--" not in text


def test_every_dependency_is_explained_and_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    names = {re.split(r"[^\w.-]", requirement)[0] for requirement in wanted}
    explained = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    locked = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    assert {name for name in names if not re.search(rf"[| ]{re.escape(name)}[ ,]", explained)} == set()
    assert {name for name in names if not re.search(rf"^{re.escape(name)}==", locked, re.M)} == set()


NOT_IMPORTED = {"psycopg"}
"""Loaded by SQLAlchemy when a URL asks for it."""


def test_every_dependency_is_used() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    names = {re.split(r"[^\w.-]", requirement)[0] for requirement in project["dependencies"]}
    used = {found for path in modules() for found in imported(path)}
    owned = {
        re.sub(r"[-_.]+", "-", owner.lower())
        for module, owners in packages_distributions().items()
        if module in used
        for owner in owners
    }
    assert names - owned == NOT_IMPORTED


HEAVY = (
    "agent",
    "tui",
    "sync",
    "crm_adapters",
    "sqlalchemy",
    "textual",
    "imapclient",
    "keyring",
)


@pytest.mark.parametrize("arguments", [["--help"], ["mailbox", "--help"], ["sync", "--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    program = (
        "import sys\nfrom hitchpost.cli import main\n"
        "try:\n    main()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "sys.stderr.write(' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    ran = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True)
    assert ran.stdout
    assert set(ran.stderr.split()) & set(HEAVY) == set()


BEHIND_THE_SCREEN = (
    *("agent", "sqlalchemy", "psycopg", "alembic", "pydantic", "tomlkit", "babel", "httpx", "googleapiclient"),
    *("phonenumbers", "imapclient", "keyring"),
)


def test_the_screen_stands_without_what_works_behind_it() -> None:
    program = (
        "import sys\nfrom hitchpost.cli import app\nfrom tui.app import HitchpostApp\n"
        "from tui.late_gateway import LateGateway\n"
        "HitchpostApp(LateGateway(lambda: None)).get_default_screen()\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "textual" in ran.stdout.split()
    assert set(ran.stdout.split()) & set(BEHIND_THE_SCREEN) == set()
