"""Stores for every test: `store` is empty, `seeded_store` holds conversations, people and deals."""

from __future__ import annotations

import importlib.util
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import settings

from sync.store.database import Store
from tests.new_stores import new_store
from tests.servers import dovecot as dovecot_server
from tests.servers.needed import need

# Containers often forbid it, and hundreds of processes that tests start would each compile the program anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# How long one example takes says how busy the machine is. The profile keeps what hypothesis chose for a CI machine.
settings.register_profile("any machine", parent=settings(), deadline=None)
settings.load_profile("any machine")

pytest.register_assert_rewrite("crm_adapters.testing")  # a failure of the kit shows both values


def _load_seeds() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hitchpost_seeds", Path(__file__).with_name("seeds.py"))
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def seeds() -> ModuleType:
    """`seeds.seed(store, conversations=…, mails_each=…, people=…)` and what it knows: START, CRM, SPECS, person."""
    return _load_seeds()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = new_store(tmp_path / "hitchpost.db")
    yield opened
    opened.close()


@pytest.fixture
def seeded_store(store: Store, seeds: ModuleType) -> Store:
    """60 conversations of two mails; contacts, leads, accounts and opportunities 1 to 40."""
    seeds.seed(store)
    return store


@pytest.fixture(scope="session")
def dovecot() -> Iterator[dovecot_server.Dovecot]:
    """A running Dovecot without users; see `tests.servers.dovecot`."""
    need(dovecot_server.is_installed(), dovecot_server.PACKAGE)
    running = dovecot_server.start(Path(tempfile.mkdtemp(prefix="hp-")))
    yield running
    running.stop()
