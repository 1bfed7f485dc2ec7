"""How much memory a pass takes, whatever the mailboxes hold."""

from __future__ import annotations

import os
import sys

import pytest

from tests.journey.workplace import COMMAND, Workplace

_ACCOUNTS, _MESSAGES, _BYTES = 10, 8, 5_000_000
_ALLOWED_MB = 270  # the program itself takes 90; without a common limit these accounts make 370


@pytest.mark.skipif(sys.platform != "linux", reason="ru_maxrss counts kilobytes on Linux alone")
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
    words = [str(COMMAND), "sync", "--config", str(workplace.config), "--json"]
    child = os.posix_spawn(
        words[0], words, os.environ, file_actions=[(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    )
    _, status, usage = os.wait4(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert usage.ru_maxrss // 1024 < _ALLOWED_MB
    assert sum(workplace.json("status")["outcomes"].values()) == _ACCOUNTS * _MESSAGES
