"""A second agent on one database is refused; a killed one leaves nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from crm_model.errors import Busy
from sync.store.agent_lock import held_agent_lock, is_agent_running
from sync.store.database import Store
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


def test_whether_an_agent_runs_can_be_asked_without_keeping_one_from_starting(any_store: Store) -> None:
    assert not is_agent_running(any_store)
    with held_agent_lock(any_store):
        assert is_agent_running(any_store)
    assert not is_agent_running(any_store)


def test_who_looks_all_the_time_does_not_keep_an_agent_from_starting(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'mail.sqlite3'}")
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            is_agent_running(store)

    looker = threading.Thread(target=look)
    looker.start()
    for _ in range(50):
        with held_agent_lock(store):
            pass
    stop.set()
    looker.join()
    store.close()
