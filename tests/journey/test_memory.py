"""How much memory a pass takes, whatever the mailboxes hold."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import pytest

from tests.journey.workplace import Workplace

_ACCOUNTS, _MESSAGES, _BYTES = 10, 8, 5_000_000
_ALLOWED_MB = 270  # the program itself takes 90; without a common limit these accounts make 370


def peak_megabytes(pid: int) -> int:
    """The most memory a running process held so far; its ru_maxrss would count what started it, too."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    return next((int(line.split()[1]) // 1024 for line in status.splitlines() if line.startswith("VmHWM")), 0)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux's /proc")
def test_many_accounts_with_large_mails_share_one_limit(workplace: Workplace) -> None:
    with workplace.config.open("a") as config:
        for number in range(_ACCOUNTS):
            maildir = workplace.folder / f"box{number}"
            for place in ("cur", "new", "tmp"):
                (maildir / place).mkdir(parents=True)
            for mail in range(_MESSAGES):
                path = maildir / "new" / f"17000000{mail:02}.{number}.host"
                path.write_bytes(b"From: a@b.example\nMessage-ID: <%d.%d@b.example>\n\nHei\n" % (number, mail))
                os.truncate(path, _BYTES)
            config.write(f'\n[[mail_account]]\nname = "box{number}"\nkind = "maildir"\npath = "{maildir}"\n')
    process = workplace.start("sync", "--json")
    peak = 0
    while process.poll() is None:
        peak = max(peak, peak_megabytes(process.pid))
        time.sleep(0.02)
    process.communicate()
    assert process.returncode == 0
    assert 0 < peak < _ALLOWED_MB
    assert sum(workplace.json("status")["outcomes"].values()) == _ACCOUNTS * _MESSAGES
