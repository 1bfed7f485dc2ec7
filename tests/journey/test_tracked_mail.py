"""One mail's whole way: through a real Postfix into a mailbox, opened by a real browser, heard by the real outpost,
judged, shown; ended by its reader. And killed at any moment, each mail and each hit is there once."""

from __future__ import annotations

import asyncio
import contextlib
import random
import re
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
import sqlalchemy as sa

from crm_model.tracking import ConsentState, Purpose, TrackingMode
from sync import edits
from sync.composing.draft import Draft
from sync.settings import load
from sync.store.database import Store
from sync.store.schema import open_store
from sync.store.tables import outgoing, track_hits, track_tokens
from tests.journey.workplace import Workplace
from tests.servers import chromium
from tests.servers import postfix as postfix_server
from tests.servers.dovecot import PASSWORD, Dovecot
from tests.servers.needed import need
from tests.servers.outpost import RunningOutpost, running_outpost
from tests.servers.postfix import DOMAIN, Postfix
from tests.servers.scripted_smtp import Taken, running_smtp
from tui.app import HitchpostApp
from tui.gateway import Gateway
from tui.widgets.conversation_pane import ConversationPane

MAILS = 10
_READING_SECONDS = 3.5  # who follows a link sooner may be a machine that looks at all of it


@pytest.fixture(scope="module")
def postfix(dovecot: Dovecot) -> Iterator[Postfix]:
    need(postfix_server.can_run(), f"{postfix_server.PACKAGE} (as root)")
    running = postfix_server.start(Path(tempfile.mkdtemp(prefix="hp-pf-")), dovecot)
    yield running
    running.stop()


@pytest.fixture
def web(tmp_path: Path) -> Iterator[RunningOutpost]:
    (tmp_path / "web").mkdir()
    with running_outpost(tmp_path / "web") as running:
        yield running


@pytest.fixture
def shop() -> Iterator[str]:
    """Where the link in the mail leads, under another name than the outpost's."""

    class Page(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = b"<title>Shop</title><p>Our prices</p>"
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_words: object) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Page)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://localhost:{server.server_port}/prices"
    server.shutdown()
    thread.join()
    server.server_close()


def configure(workplace: Workplace, web: RunningOutpost, smtp: str) -> None:
    """The account sends HTML mail; what is read of it is heard by the outpost."""
    text = workplace.config.read_text()
    account = f'path = "{workplace.maildir}"\n'
    way_out = f'sender = "Ingrid <user1@{DOMAIN}>"\nhtml_version = true\n{smtp}'
    text = text.replace(account, account + way_out).replace("poll_seconds", "undo_send_seconds = 0\npoll_seconds")
    text += f'[tracking]\nurl = "{web.url}"\n[web]\nfolder = "{web.folder}"\nlisten = "127.0.0.1:{web.port}"\n'
    workplace.config.write_text(text)
    for name in ("cur", "new", "tmp"):
        (workplace.maildir / ".Sent" / name).mkdir(parents=True)


def html_of(raw: bytes) -> str:
    part = message_from_bytes(raw, policy=default).get_body(("html",))
    assert part is not None
    return str(part.get_content())


def arrived(dovecot: Dovecot, user: str) -> bytes:
    for _ in range(400):
        if found := list(dovecot.maildir(user).glob("[cn]*/[0-9]*")):
            return found[0].read_bytes()
        time.sleep(0.05)
    raise AssertionError("the mail did not arrive")


def long_ago(store: Store) -> None:
    """Let the mail have left an hour ago: what fetches at once is taken for a machine."""
    with store.write() as unit:
        unit.execute(outgoing.update().values(sent_at=datetime.now(UTC) - timedelta(hours=1)))


def open_mail(html: str, folder: Path) -> None:
    """As a mail program shows it."""
    page = folder / "mail.html"
    page.write_text(html, encoding="utf-8")
    chromium.look_at(page.as_uri(), folder / "profile")


def screen_text(store: Store, config: Path) -> str:
    """The conversation's pane as a person sees it."""
    app = HitchpostApp(Gateway(store, author="Ingrid", crm="local", desk=load(config).desk))

    async def look() -> str:
        async with app.run_test(size=(200, 50)) as pilot:
            await pilot.pause(0.5)
            await pilot.app.workers.wait_for_complete()
            await pilot.pause(0.2)
            lines = pilot.app.screen_stack[0].query_one(ConversationPane).lines
            return "\n".join(line.text for line in lines)

    return asyncio.run(look())


def test_from_the_key_that_sends_to_what_is_known(
    workplace: Workplace, web: RunningOutpost, postfix: Postfix, dovecot: Dovecot, shop: str
) -> None:
    need(chromium.is_installed(), chromium.PACKAGE)
    reader = dovecot.new_user()
    password = workplace.folder / "password"
    password.write_text(PASSWORD)
    password.chmod(0o600)
    smtp = f'smtp_host = "localhost"\nsmtp_port = {postfix.tls_port}\nsmtp_tls = "tls"\nsmtp_user = "user1"\n'
    smtp += f'smtp_ca_file = "{postfix.ca_file}"\nsecret = {{ file = "{password}" }}\n'
    configure(workplace, web, smtp)
    address = f"{reader}@{DOMAIN}"
    workplace.run("consent", "set", address, "tracking", "given", "--source", "on the phone")
    text = f"Hi, see [our prices]({shop})."
    workplace.run("send", "--to", address, "--subject", "Offer", "--text", text, "--track", "individual")
    workplace.run("sync")
    html = html_of(arrived(dovecot, reader))
    [link] = re.findall(rf"{re.escape(web.url)}/c/[\w-]+", html)
    assert shop not in html
    with contextlib.closing(open_store(workplace.database)) as store:
        long_ago(store)
        open_mail(html, workplace.folder)
        time.sleep(_READING_SECONDS)
        assert "Our prices" in chromium.look_at(link, workplace.folder / "profile")
        workplace.run("sync")
        [sent] = workplace.json("sent")
        tracking = sent["tracking"]
        assert (tracking["mode"], tracking["basis"], tracking["remark"]) == ("individual", "consent", "")
        assert (tracking["opened"]["who"], tracking["clicked"]["who"]) == ("human", "human")
        assert tracking["clicked"]["evidence"]
        assert {hit["url"] for hit in tracking["hits"]} == {"", shop}
        shown = workplace.json("thread", str(sent["thread_id"]))["messages"][0]["tracking"]
        assert shown == tracking
        words = screen_text(store, workplace.config)
        assert re.search(r"opened \(person, \d\d:\d\d\), clicked “our prices” \(person, \d\d:\d\d\)", words)
        _end_it(workplace, store, web, html)


def _end_it(workplace: Workplace, store: Store, web: RunningOutpost, html: str) -> None:
    """The reader follows the line below the mail and ends its tracking; what they do later is not recorded."""
    [wishes] = re.findall(rf"{re.escape(web.url)}/u/[\w-]+", html)
    assert "form" in chromium.look_at(wishes, workplace.folder / "profile")
    assert httpx2.post(wishes, data={"tracking": "on"}, trust_env=False).status_code == 200
    workplace.run("sync")
    before = len(rows(store, track_hits))
    open_mail(html, workplace.folder)
    workplace.run("sync")
    assert len(rows(store, track_hits)) == before
    states = {(row["purpose"], row["state"]) for row in workplace.json("consent", "list")}
    assert states == {("open", "refused"), ("click", "refused")}


def rows(store: Store, table: sa.Table) -> list[Any]:
    with store.read() as unit:
        return list(unit.execute(table.select()))


def test_killed_at_any_moment_no_mail_no_token_no_hit_is_lost_or_doubled(
    workplace: Workplace, web: RunningOutpost
) -> None:
    chance, answered = random.Random(11), 0
    with running_smtp() as server, contextlib.closing(open_store(workplace.database)) as store:
        configure(workplace, web, f'smtp_host = "127.0.0.1"\nsmtp_port = {server.port}\nsmtp_tls = "none"\n')
        desk = load(workplace.config).desk
        for number in range(MAILS):
            to = f"p{number}@x.example"
            purposes = [Purpose.OPEN, Purpose.CLICK]
            edits.set_consent(store, to, purposes, ConsentState.GIVEN, source="a test", author="Ingrid")
            draft = Draft(to=to, text="Hi [there](https://shop.example/a)", tracking=TrackingMode.INDIVIDUAL)
            edits.send_mail(store, draft, desk, "Ingrid")
        opened: set[bytes] = set()
        for _ in range(8):
            process = workplace.start("sync")
            time.sleep(chance.uniform(1.0, 2.6))
            process.kill()
            process.communicate()
            answered += fetch(web, server.taken, opened)
        while len(server.taken) < MAILS:
            workplace.run("sync")
        answered += fetch(web, server.taken, opened)
        for _ in range(2):
            workplace.run("sync")
        in_mails = Counter(found for mail in server.taken for found in tokens_in(mail.data))
        known = {row.token for row in rows(store, track_tokens)}
        assert Counter(mail.recipients for mail in server.taken) == {
            (f"p{number}@x.example",): 1 for number in range(MAILS)
        }
        assert set(in_mails) == known
        assert set(in_mails.values()) == {1}
        assert answered == 2 * MAILS
        hits = Counter(row.token for row in rows(store, track_hits))
        assert (len(hits), set(hits.values())) == (2 * MAILS, {1})


def fetch(web: RunningOutpost, taken: list[Taken], opened: set[bytes]) -> int:
    """Open each mail that has arrived and follow its link, once; how many fetches were answered."""
    answered = 0
    for mail in list(taken):
        data = mail.data
        if data in opened:
            continue
        opened.add(data)
        for path in re.findall(rf"{re.escape(web.url)}(/[oc]/[\w.-]+)", html_of(data)):
            answered += httpx2.get(f"{web.url}{path}", trust_env=False).status_code in (200, 302, 307)
    return answered


def tokens_in(data: bytes) -> list[str]:
    return re.findall(r"/[ocu]/([\w-]{22})", html_of(data))
