"""The agent's writing while the screen is measured: made mail through the real way in, at an even pace.

    python -m benchmarks.desk_writer URL [A_SECOND]

It says "ready" when the first page is stored, writes until its input ends, and then says how many in how many seconds.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from datetime import UTC, datetime
from itertools import count, islice
from types import TracebackType

from agent.ingest import ingest_page
from agent.rules import Place, Rules
from agent.summary import Tally
from benchmarks.mail_heads import OUR_DOMAIN
from benchmarks.mailbox import US, mails
from benchmarks.measure import environment_of
from crm_model.mail import MailboxRole, RawMessage
from crm_model.organisation import Organisation
from sync.mailboxes.contract import Folder, MailPage
from sync.store import mailboxes
from sync.store.database import Store
from sync.store.schema import open_store

A_SECOND = 100
_PAGES_A_SECOND = 10
_LARGEST = 20_000
_ORGANISATION = Organisation(
    name="Nordlys",
    domains=frozenset({OUR_DOMAIN}),
    addresses=frozenset(person.email for person in US),
    default_region="NO",
)


def _write(store: Store, a_second: int, ended: threading.Event) -> None:
    with store.write() as unit:
        account = mailboxes.open_account(unit, "work", "maildir")
        state = mailboxes.open_mailbox(unit, account, Folder("inbox", "Inbox", MailboxRole.INBOX))
    place, rules = Place(state.id, MailboxRole.INBOX), Rules(organisation=_ORGANISATION)
    # Another seed each time: what is known already would be written once.
    made, each = mails(seed=time.time_ns(), largest=_LARGEST), a_second // _PAGES_A_SECOND
    started = time.perf_counter()
    for page in count():
        if ended.wait(max(0.0, started + page / _PAGES_A_SECOND - time.perf_counter())):
            print(page * each, time.perf_counter() - started, flush=True)
            return
        now = datetime.now(UTC)
        raws = [
            RawMessage(f"{page}.{number}", mail.data, len(mail.data), frozenset(), now)
            for number, mail in enumerate(islice(made, each))
        ]
        ingest_page(store, place, MailPage("1", raws, str(page), more=True), rules, Tally(), now=now)
        if page == 0:
            print("ready", flush=True)


class Writer:
    """The writing in a process of its own. `rate` is how many messages a second it came to, once it is left."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.rate = 0.0

    def __enter__(self) -> Writer:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.desk_writer", self._url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=environment_of(),
        )
        assert self._process.stdout
        if self._process.stdout.readline() != "ready\n":
            raise RuntimeError("the writer did not begin")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        written, _ = self._process.communicate()
        if kind is None:
            number, seconds = written.split()[-2:]
            self.rate = int(number) / float(seconds)


def main() -> None:
    url, a_second = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else A_SECOND
    store, ended = open_store(url), threading.Event()

    def watch() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=watch, daemon=True).start()
    try:
        _write(store, a_second, ended)
    finally:
        store.close()


if __name__ == "__main__":
    main()
