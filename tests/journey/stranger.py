"""A package of a stranger's, from `examples/`, installed as pip installs it, beside ours."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from dataclasses import dataclass
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True)
class Stranger:
    """The installed package: `site` is the folder that Python must look in."""

    example: Path
    site: Path

    def run(self, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Python with the package, in a home of its own."""
        environment = {**os.environ, "PYTHONPATH": str(self.site), "HOME": str(folder)}
        command = [sys.executable, *arguments]
        return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)

    def test(self, folder: Path) -> None:
        """Run the package's own tests."""
        done = self.run(folder, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(self.example / "tests"))
        assert done.returncode == 0, done.stdout
        assert "passed" in done.stdout


def install(name: str, folder: Path) -> Stranger:
    """Install `examples/NAME` into `folder`; the test is skipped where the build backend can't be fetched."""
    venv.create(folder / "venv", with_pip=True)
    pip = [folder / "venv" / "bin" / "python", "-m", "pip", "--disable-pip-version-check"]
    fetched = subprocess.run([*pip, "install", "--quiet", "hatchling>=1.27"], capture_output=True, check=False)
    if fetched.returncode:
        pytest.skip("the build backend can't be fetched: no network")
    stranger = Stranger(EXAMPLES / name, folder / "site")
    command = [*pip, "install", "--quiet", "--no-deps", "--no-build-isolation", "--target", stranger.site]
    subprocess.run([*command, stranger.example], check=True, capture_output=True, text=True)
    return stranger
