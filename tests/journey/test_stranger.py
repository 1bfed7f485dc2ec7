"""A CRM that a stranger wrote, in a package of its own, is installed, found, and keeps the contract."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "hitchpost-notebook"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package installed as pip installs it; skipped where the build backend can't be fetched."""
    folder = tmp_path_factory.mktemp("stranger")
    venv.create(folder / "venv", with_pip=True)
    pip = [folder / "venv" / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    fetched = subprocess.run([*pip, "install", "--quiet", "hatchling>=1.27"], capture_output=True, check=False)
    if fetched.returncode:
        pytest.skip("the build backend can't be fetched: no network")
    command = [*pip, "install", "--quiet", "--no-deps", "--no-build-isolation", "--target", folder / "site", EXAMPLE]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return folder / "site"


def run(site: Path, folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(site), "HOME": str(folder)}
    return subprocess.run(
        [sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_a_stranger_s_crm_is_found_by_its_entry_point(site: Path, tmp_path: Path) -> None:
    found = run(site, tmp_path, "-c", "from crm_adapters import registry; print(registry.load('notebook').title)")
    assert found.stdout == "Notebook\n", found.stderr


def test_a_stranger_s_crm_keeps_the_contract(site: Path, tmp_path: Path) -> None:
    done = run(site, tmp_path, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(EXAMPLE / "tests"))
    assert done.returncode == 0, done.stdout
    assert "passed" in done.stdout
