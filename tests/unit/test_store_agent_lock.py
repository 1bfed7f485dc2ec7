"""A second agent on one database is refused; a killed one leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from crm_model.errors import Busy
from sync.store.agent_lock import held_agent_lock
from sync.store.schema import open_store

HOLD = """
import sys, time
from sync.store.agent_lock import held_agent_lock
from sync.store.schema import open_store
with held_agent_lock(open_store(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


def test_second_agent_is_refused_until_the_first_is_gone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'mail.sqlite3'}"
    store = open_store(url)
    with subprocess.Popen([sys.executable, "-c", HOLD, url], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout
        assert other.stdout.readline() == "held\n"
        with pytest.raises(Busy, match="Another hitchpost agent"), held_agent_lock(store):
            pass
        other.send_signal(signal.SIGKILL)
    with held_agent_lock(store):
        pass
    store.close()
