"""The screen of a terminal that is gone without a hang-up signal, as behind a cut connection."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

PROGRAM = Path(sys.executable).with_name("hitchpost")


def test_the_screen_ends_with_its_terminal(tmp_path: Path) -> None:
    subprocess.run([PROGRAM, "demo", "--dir", tmp_path, "--no-tui"], check=True, capture_output=True)
    ours, theirs = pty.openpty()
    command = [PROGRAM, "--config", tmp_path / "config.toml", "tui"]
    # A session of its own that has no controlling terminal is sent no SIGHUP.
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as screen:
        os.close(theirs)
        shown = b""
        while b"Conversations" not in shown:
            shown += os.read(ours, 4096)
        os.close(ours)
        assert screen.wait(timeout=60) == 0
