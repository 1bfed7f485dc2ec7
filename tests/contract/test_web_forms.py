"""Forms at a running outpost: who may send, what becomes of it, and everything that must not get through."""

from __future__ import annotations

import contextlib
import json
import select
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx2
import pytest

from agent.outpost.folder import FolderOutpost
from agent.web_forms.tickets import Tickets
from crm_model.web_events import Confirmation, Submission, WebEvent
from crm_model.web_forms import TRAP, USUAL_FIELDS, USUAL_FILE_TYPES, ConsentBox, WebForm, pack_form, page_of
from tests.servers.outpost import RunningOutpost, running_outpost

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
SITE = "https://www.company.example"
OTHER = "https://evil.example"
CONTACT = WebForm(
    "contact",
    "Contact",
    languages=("en", "no"),
    fields=USUAL_FIELDS,
    consents=(ConsentBox("news", "Send me news", "mail"),),
    origins=(SITE,),
    file_types=USUAL_FILE_TYPES,
    file_bytes=200_000,
    per_hour=10_000,
)
FORMS = (
    CONTACT,
    replace(CONTACT, name="slow", per_hour=2),
    replace(CONTACT, name="asked", double_opt_in=True, languages=("no",)),
    replace(CONTACT, name="thanks", redirect="https://www.company.example/thanks"),
)
PERSON = {"name": "Kari Vik", "email": "kari@vik.example", "message": "Hello"}
XSS = "\"'><script>alert(1)</script>"


@dataclass(frozen=True, slots=True)
class Site:
    """The outpost with forms, and a client that follows nothing."""

    running: RunningOutpost
    outpost: FolderOutpost
    client: httpx2.Client

    def ticket(self, form: str = "contact", *, age: timedelta = timedelta(seconds=30)) -> str:
        key = bytes.fromhex((self.running.folder / "forms.key").read_text())
        return Tickets(key).issue(form, datetime.now(UTC) - age)

    def send(self, form: str = "contact", *, ticket: str | None = None, **more: object) -> httpx2.Response:
        values = PERSON | dict(more.pop("values", {}))  # type: ignore[call-overload]
        wanted = self.ticket(form) if ticket is None else ticket
        return self.client.post(f"/f/{form}", data=values | {"csrf": wanted}, **more)

    def heard(self) -> list[WebEvent]:
        page = self.outpost.collect("")
        self.outpost.acknowledge(page.cursor)
        return list(page.events)

    def submissions(self) -> list[Submission]:
        return [event for event in self.heard() if isinstance(event, Submission)]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningOutpost]:
    with running_outpost(tmp_path_factory.mktemp("outpost")) as found:
        yield found


@pytest.fixture
def site(running: RunningOutpost) -> Iterator[Site]:
    outpost = FolderOutpost(running.folder)
    outpost.publish_pages({page_of(form.name): pack_form(form) for form in FORMS})
    with httpx2.Client(base_url=running.url, timeout=20) as client:
        found = Site(running, outpost, client)
        found.heard()
        yield found
    outpost.close()


def test_the_page_carries_a_ticket_and_strict_headers(site: Site) -> None:
    page = site.client.get("/f/contact")
    assert page.status_code == 200
    assert 'name="csrf"' in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src" not in policy
    assert "unsafe" not in policy
    assert page.headers["cache-control"] == "no-store"
    assert page.headers["x-content-type-options"] == "nosniff"
    assert "set-cookie" not in page.headers


@pytest.mark.parametrize(
    ("query", "accepted", "word"),
    [
        ("", "nb-NO", "Navn"),
        ("?lang=no", "en", "Navn"),
        ("?lang=xx", "en", "Name"),
        ("", "de", "Name"),
        ("", "", "Name"),
    ],
)
def test_the_page_speaks_the_readers_language(site: Site, query: str, accepted: str, word: str) -> None:
    assert f">{word}<" in site.client.get(f"/f/contact{query}", headers={"accept-language": accepted}).text
    assert ">Navn<" in site.client.get(f"/f/asked{query}", headers={"accept-language": accepted}).text


def test_what_is_sent_lies_in_the_spool_with_its_files(site: Site) -> None:
    files = [("file", ("../../plan.pdf.exe", PDF, "text/html")), ("file", ("b.pdf", PDF, "application/pdf"))]
    sent = site.send(files=files, values={"news": "1"}, headers={"referer": f"{SITE}/page?secret=1"})
    assert sent.status_code == 200
    assert "Thank you" in sent.text
    [event] = site.submissions()
    assert event.values == {**PERSON, "news": "1"}
    assert (event.form, event.language, event.page) == ("contact", "en", f"{SITE}/page")
    assert [(each.name, each.content_type, each.size) for each in event.files] == [
        ("plan.pdf.exe.pdf", "application/pdf", len(PDF)),
        ("b.pdf", "application/pdf", len(PDF)),
    ]
    assert [site.outpost.read_blob(each.blob) for each in event.files] == [PDF, PDF]


def test_the_same_click_twice_is_one_submission_with_the_same_thanks(site: Site) -> None:
    ticket = site.ticket()
    sent = [site.send(ticket=ticket), site.send(ticket=ticket), site.send()]
    assert len({each.text for each in sent}) == 1
    corrected = site.send(ticket=ticket, values={"message": "Hello again"})
    assert corrected.status_code == 200
    ids = [event.id for event in site.submissions()]
    assert len(ids) == 4
    assert len(set(ids)) == 2


def test_mistakes_come_back_with_everything_that_was_typed(site: Site) -> None:
    sent = site.send(
        values={"email": "kari", "budget": "10 000"}, files={"file": ("a.pdf", b"MZ\0", "application/pdf")}
    )
    assert sent.status_code == 422
    assert 'value="10 000"' in sent.text
    assert "Please look at this again" in sent.text
    assert "choose the files again" in sent.text
    assert site.submissions() == []


@pytest.mark.parametrize(
    ("origin", "fetch_site", "has_ticket", "status"),
    [
        ("", "", True, 200),
        ("null", "", True, 200),
        ("own", "", True, 200),
        (OTHER, "same-origin", True, 200),  # a proxy before us has another name
        (SITE, "cross-site", True, 200),
        (OTHER, "cross-site", True, 403),
        (SITE, "cross-site", False, 200),
        (OTHER, "cross-site", False, 403),
        (f"{SITE}.evil.example", "cross-site", False, 403),
        ("null", "cross-site", False, 403),
        ("", "", False, 403),
        ("own", "same-origin", False, 403),
    ],
)
def test_who_may_send(site: Site, origin: str, fetch_site: str, has_ticket: bool, status: int) -> None:
    headers = {"origin": site.running.url if origin == "own" else origin, "sec-fetch-site": fetch_site}
    sent = site.send(ticket=None if has_ticket else "", headers={key: value for key, value in headers.items() if value})
    assert sent.status_code == status
    assert len(site.submissions()) == (status == 200)
    if status == 403:
        assert 'value="Kari Vik"' in sent.text, "nothing that a person typed is lost"


def test_a_strange_old_or_hasty_ticket_shows_the_form_again(site: Site) -> None:
    for ticket in ("x", site.ticket("slow"), site.ticket(age=timedelta(hours=13)), site.ticket(age=timedelta(0))):
        sent = site.send(ticket=ticket)
        assert sent.status_code == 403
        assert 'value="Kari Vik"' in sent.text
    assert site.submissions() == []


def test_a_trap_is_kept_for_the_agent_to_judge(site: Site) -> None:
    assert site.send(values={TRAP: "http://spam.example"}).status_code == 200
    [event] = site.submissions()
    assert event.values[TRAP] == "http://spam.example"


def test_a_network_that_sends_too_much_is_told_to_wait(site: Site) -> None:
    statuses = [site.send("slow", values={"message": str(number)}).status_code for number in range(4)]
    assert statuses == [200, 200, 429, 429]
    assert site.send("slow", values={"message": "5"}).headers["retry-after"].isdigit()


def test_thanks_lead_only_where_the_configuration_says(site: Site) -> None:
    sent = site.client.post(
        "/f/thanks?redirect=https://evil.example&next=//evil.example",
        data={**PERSON, "csrf": site.ticket("thanks"), "redirect": OTHER},
    )
    assert (sent.status_code, sent.headers["location"]) == (303, "https://www.company.example/thanks")


@pytest.mark.parametrize("field", [*PERSON, "company", "phone", "budget", "service", "file", "csrf", "news", TRAP])
def test_no_field_breaks_out_of_the_page(site: Site, field: str) -> None:
    values = {"email": "wrong"} | {field: XSS}
    files = {"file": (f"{XSS}.pdf", b"MZ", "application/pdf")}
    sent = site.client.post("/f/contact", data={**PERSON, "csrf": site.ticket(), **values}, files=files)
    assert sent.status_code in (403, 422)
    assert "<script" not in sent.text


@pytest.mark.parametrize("place", ["/f/{}", "/f/contact?lang={}", "/f/confirm/{}", "/f/{}.json", "/f/contact/{}"])
def test_no_address_breaks_out_of_a_page_or_leads_away(site: Site, place: str) -> None:
    for word in (XSS, "../../../etc/passwd", "..%2f..%2fforms.key", "\r\nX-Evil: 1", "//evil.example", "æ" * 300):
        answer = site.client.get(place.format(quote(word, safe="")))
        assert answer.status_code in (200, 400, 404, 405)
        assert "<script" not in answer.text
        assert "x-evil" not in answer.headers
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("origin", "status", "allowed"), [(SITE, 204, SITE), (OTHER, 403, None), ("null", 403, None), ("", 403, None)]
)
def test_the_preflight_names_only_sites_of_the_configuration(
    site: Site, origin: str, status: int, allowed: str | None
) -> None:
    headers = {"access-control-request-method": "POST", **({"origin": origin} if origin else {})}
    answer = site.client.options("/f/contact.json", headers=headers)
    assert answer.status_code == status
    assert answer.headers.get("access-control-allow-origin") == allowed
    assert "access-control-allow-credentials" not in answer.headers
    assert answer.headers["vary"] == "Origin"


@pytest.mark.parametrize(("origin", "status"), [(SITE, 200), (OTHER, 403), ("null", 403), ("", 200)])
def test_programs_send_json(site: Site, origin: str, status: int) -> None:
    headers = {"origin": origin} if origin else {}
    answer = site.client.post("/f/contact.json", json={**PERSON, "news": True}, headers=headers)
    assert answer.status_code == status
    assert answer.headers.get("access-control-allow-origin") == (SITE if origin == SITE else None)
    assert len(site.submissions()) == (status == 200)


def test_a_programs_key_makes_a_repeated_call_the_same_one(site: Site) -> None:
    for key in ("a", "a", "b"):
        assert site.client.post("/f/contact.json", json=PERSON, headers={"idempotency-key": key}).status_code == 200
    assert len({event.id for event in site.submissions()}) == 2


def test_programs_are_told_what_to_mend(site: Site) -> None:
    answer = site.client.post("/f/contact.json", json={**PERSON, "email": "kari"})
    assert answer.status_code == 422
    assert list(answer.json()["problems"]) == ["email"]


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "application/json"),
        (b"[]", "application/json"),
        (b'{"name": {}}', "application/json"),
        (b'{"name": 1}', "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"\xff\xfe", "application/json"),
        (json.dumps(PERSON).encode(), "text/plain"),
        (json.dumps(PERSON).encode(), ""),
    ],
)
def test_what_is_no_json_object_is_refused(site: Site, body: bytes, kind: str) -> None:
    answer = site.client.post("/f/contact.json", content=body, headers={"content-type": kind} if kind else {})
    assert answer.status_code == 400
    assert answer.json()["error"] == "broken"


MULTIPART = {
    "no boundary": ("multipart/form-data", b"--x\r\n\r\n--x--"),
    "wrong boundary": (
        "multipart/form-data; boundary=y",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n--x--',
    ),
    "cut": ("multipart/form-data; boundary=x", b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nKari'),
    "no disposition": ("multipart/form-data; boundary=x", b"--x\r\n\r\nb\r\n--x--\r\n"),
    "many fields": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nb\r\n' * 500 + b"--x--\r\n",
    ),
    "many files": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\nb\r\n' * 500 + b"--x--\r\n",
    ),
    "many headers": (
        "multipart/form-data; boundary=x",
        b"--x\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\nb\r\n--x--\r\n",
    ),
    "odd charset": (
        "multipart/form-data; boundary=x; charset=utf-99",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--x--\r\n',
    ),
    "null bytes": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="na\0me"; filename="\0"\r\n\r\n\0\r\n--x--\r\n',
    ),
    "large text": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\n' + b"a" * 600_000 + b"\r\n--x--\r\n",
    ),
    "another type": ("text/xml", b"<a/>"),
}


@pytest.mark.parametrize("oddity", MULTIPART)
def test_an_odd_body_gets_a_clean_answer_and_nothing_is_kept(site: Site, oddity: str) -> None:
    kind, body = MULTIPART[oddity]
    answer = site.client.post("/f/contact", content=body, headers={"content-type": kind})
    assert answer.status_code in (400, 403, 413, 422)
    assert "Traceback" not in answer.text
    assert site.submissions() == []
    assert site.client.get("/f/contact").status_code == 200


def test_a_body_that_is_too_large_is_refused_in_words_when_all_of_it_came(site: Site) -> None:
    for size in (3_000_000, 20_000_000):
        answer = site.send(files={"file": ("a.pdf", PDF + b"\0" * size, "application/pdf")})
        assert answer.status_code == 413
        assert "smaller files" in answer.text


def test_who_asks_before_sending_is_answered_without_a_wait_for_what_is_never_sent(site: Site) -> None:
    with socket.create_connection(("127.0.0.1", site.running.port), 60) as connection:
        head = b"POST /f/contact HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 20000000\r\n\r\n"
        connection.sendall(head)
        assert b" 403 " in connection.recv(65_536).splitlines()[0]


def test_a_body_without_an_end_takes_no_memory(site: Site) -> None:
    """Chunked, with no length told: refused at the form's limit, and not read for ever to say so."""
    with socket.create_connection(("127.0.0.1", site.running.port), 60) as connection:
        head = b"POST /f/contact HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n"
        head += b"Content-Type: multipart/form-data; boundary=x\r\n\r\n"
        start = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n'
        connection.sendall(head + b"%x\r\n%s\r\n" % (len(start), start))
        piece = b"100000\r\n" + b"\0" * 2**20 + b"\r\n"
        sent, answer = 0, b""
        with contextlib.suppress(OSError):  # whoever sends for ever may miss the answer
            while sent < 256 and not select.select([connection], [], [], 0)[0]:
                connection.sendall(piece)
                sent += 1
        with contextlib.suppress(OSError):
            answer = connection.recv(65_536)
    assert 64 <= sent < 256, "megabytes"
    assert answer == b"" or b" 413 " in answer.splitlines()[0]


def test_confirming_takes_a_press_and_only_ids_of_ours(site: Site) -> None:
    sent = site.send("asked")
    assert "lenken" in sent.text
    [event] = site.submissions()
    assert event.waits_for_confirmation
    assert event.id not in sent.text, "who fills in the form must not be able to confirm it"
    assert "<button" in site.client.get(f"/f/confirm/{event.id}").text
    assert site.heard() == []
    for _ in range(2):
        assert site.client.post(f"/f/confirm/{event.id}?lang=no").status_code == 200
    heard = site.heard()
    assert {(type(each), each.id) for each in heard} == {(Confirmation, heard[0].id)}
    assert isinstance(heard[0], Confirmation)
    assert heard[0].submission == event.id
    for other in (event.id[:-1] + ("A" if event.id[-1] != "A" else "B"), "x", site.ticket()):
        assert site.client.post(f"/f/confirm/{other}").status_code == 404
    assert site.heard() == []


@pytest.mark.parametrize("path", ["/f/nothing", "/f/", "/f/nothing.json", "/f/nothing/openapi", "/f/contact/x"])
def test_there_is_nothing_else(site: Site, path: str) -> None:
    assert site.client.get(path).status_code in (404, 405)


def test_a_broken_page_of_the_configuration_is_no_form(site: Site) -> None:
    site.outpost.publish_pages({page_of("contact"): {"name": 1, "fields": [{}]}})
    assert site.client.get("/f/contact").status_code == 404


def test_many_processes_know_each_others_tickets(tmp_path: Path) -> None:
    with running_outpost(tmp_path, workers=2) as running:
        outpost = FolderOutpost(running.folder)
        outpost.publish_pages({page_of("contact"): pack_form(CONTACT)})
        with httpx2.Client(base_url=running.url, timeout=20) as client:
            found = Site(running, outpost, client)
            client.get("/f/contact")
            sent = [found.send(headers={"connection": "close"}, values={"message": str(number)}) for number in range(8)]
            assert {each.status_code for each in sent} == {200}
            assert len({event.id for event in found.submissions()}) == 8
        outpost.close()


@pytest.mark.parametrize("charset", ["punycode", "utf-7", "idna", "unicode_escape", "nobody-knows"])
def test_a_charset_that_forms_are_not_sent_in_is_refused_at_once(site: Site, charset: str) -> None:
    """Python reads half a megabyte of Punycode in half a minute, and UTF-7 gives what no page can be written with."""
    typed = b"a" * 1_000 + b"-" + b"a" * 300_000 if charset == "punycode" else b"+2AA-"
    body = b'--b\r\ncontent-disposition: form-data; name="name"\r\n\r\n' + typed + b"\r\n--b--\r\n"
    kind = f"multipart/form-data; boundary=b; charset={charset}"
    answer = site.client.post("/f/contact", content=body, headers={"content-type": kind})
    assert answer.status_code == 400


def test_a_form_in_a_named_charset_is_taken(site: Site) -> None:
    values = PERSON | {"csrf": site.ticket(), "name": "Bjørn"}
    parts = "".join(
        f'--b\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in values.items()
    )
    body = f"{parts}--b--\r\n".encode("latin-1")
    kind = "multipart/form-data; boundary=b; charset=iso-8859-1"
    assert site.client.post("/f/contact", content=body, headers={"content-type": kind}).status_code == 200
    assert site.submissions()[0].values["name"] == "Bjørn"
