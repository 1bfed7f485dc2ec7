"""What `pip install .` brings: every package with its data files, and nothing else."""

from __future__ import annotations

import subprocess
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("hitchpost", "crm_model", "crm_adapters", "sync", "agent", "tui")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built as pip builds it; skipped where the build backend can't be fetched."""
    folder = tmp_path_factory.mktemp("wheel")
    venv.create(folder / "venv", with_pip=True)
    pip = [folder / "venv" / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    fetched = subprocess.run(
        [*pip, "install", "--quiet", "hatchling>=1.27"], capture_output=True, text=True, check=False
    )
    if fetched.returncode:
        pytest.skip("the build backend can't be fetched: no network")
    command = [*pip, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", folder, ROOT]
    subprocess.run(command, check=True, capture_output=True, text=True)
    return next(folder.glob("hitchpost-*.whl"))


def test_wheel_holds_every_file_of_the_packages(wheel: Path) -> None:
    held = set(zipfile.ZipFile(wheel).namelist())
    ours = (path for package in PACKAGES for path in (ROOT / package).rglob("*") if path.is_file())
    sources = {path.relative_to(ROOT).as_posix() for path in ours if "__pycache__" not in path.parts}
    assert sources - held == set()
    assert {path.partition("/")[0] for path in held if ".dist-info/" not in path} == set(PACKAGES)
    assert all(f"{package}/py.typed" in held for package in PACKAGES)


def test_wheel_names_the_command_and_the_entry_points(wheel: Path) -> None:
    archive = zipfile.ZipFile(wheel)
    entry_points = next(name for name in archive.namelist() if name.endswith("entry_points.txt"))
    text = archive.read(entry_points).decode()
    assert "hitchpost = hitchpost.entry:main" in text
    assert "[hitchpost.crm_adapters]" in text
    assert "[hitchpost.mailboxes]" in text
    assert any(name.endswith("licenses/LICENSE") for name in archive.namelist())
