"""What people and others send to a form: values, files, tickets."""

from __future__ import annotations

import io
import zipfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.web_forms.checking import Checked, check
from agent.web_forms.pace import Pace
from agent.web_forms.tickets import VALID, Tickets
from agent.web_forms.uploads import Upload, clean_name, kind_of
from crm_model.web_forms import FILE_TYPES, USUAL_FIELDS, ConsentBox, FormField, InputKind, WebForm

PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 64
NOW = datetime(2026, 12, 1, 9, tzinfo=UTC)
FORM = WebForm(
    "contact",
    "Contact",
    fields=(*USUAL_FIELDS, FormField("size", InputKind.CHOICE, labels={"en": "Size"}, choices=("small", "large"))),
    consents=(ConsentBox("news", "Send me news", "mail", "7"), ConsentBox("terms", "I agree", required=True)),
    file_types=("pdf", "png", "docx", "txt"),
    file_bytes=2_000,
)
GOOD = {"name": "Kari Vik", "email": "kari@vik.example", "message": "Hello", "terms": "on"}


def upload(data: bytes, name: str = "plan.pdf") -> Upload:
    return Upload(name, io.BytesIO(data), len(data))


def checked(values: dict[str, str], *files: Upload) -> Checked:
    return check(FORM, GOOD | values, {"file": files}, "en")


def zipped(*names: str, comment: bytes = b"") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in names:
            archive.writestr(name, "x")
        archive.comment = comment
    return made.getvalue()


def test_good_answers_pass() -> None:
    found = checked({"phone": "+47 22 12 34 56", "size": "large", "unasked": "x", "news": "7"}, upload(PDF))
    assert found.problems == {}
    assert found.values == {
        "name": "Kari Vik",
        "email": "kari@vik.example",
        "phone": "+47 22 12 34 56",
        "message": "Hello",
        "size": "large",
        "news": "7",
        "terms": "1",
    }
    assert [(each.name, each.content_type) for each in found.files] == [("plan.pdf", "application/pdf")]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", " \u200b\u202e "),
        ("name", "x" * 201),
        ("email", "kari"),
        ("email", "kari@vik"),
        ("email", "kari@vik.example, ola@vik.example"),
        ("email", "kari@vik.example <b@c.example>"),
        ("email", "=?utf-8?q?a=40b.example?=@vik.example"),
        ("email", "kari..v@vik.example"),
        ("email", "kari@vik-.example"),
        ("email", "k" * 65 + "@vik.example"),
        ("phone", "call me"),
        ("phone", "1234"),
        ("phone", "1" * 40),
        ("size", "medium"),
        ("terms", ""),
        ("terms", "2"),
    ],
)
def test_each_field_says_what_to_mend(field: str, value: str) -> None:
    assert list(checked({field: value}).problems) == [field]


def test_line_breaks_stay_only_where_they_belong() -> None:
    found = checked({"name": "Kari\r\nBcc: all@x.example", "email": "a@b.example\n", "message": "one\r\ntwo\x1b[2J"})
    assert found.values["name"] == "Kari Bcc: all@x.example"
    assert found.values["email"] == "a@b.example"
    assert found.values["message"] == "one\ntwo"


@given(st.dictionaries(st.sampled_from([*GOOD, "phone", "size", "budget", "news"]), st.text(max_size=300)))
def test_nothing_that_is_typed_breaks_the_check(values: dict[str, str]) -> None:
    found = checked(values)
    assert all("\n" not in value for name, value in found.values.items() if name != "message")
    assert not any("\x1b" in value or "\0" in value for value in found.values.values())


@pytest.mark.parametrize(
    ("data", "name", "kind"),
    [
        (PDF, "a.exe", "pdf"),
        (PNG, "a.pdf", "png"),
        (b"\xff\xd8\xff\xe0" + b"\0" * 20, "a.jpg", "jpeg"),
        (zipped("[Content_Types].xml", "word/document.xml"), "a.docx", "docx"),
        (zipped("[Content_Types].xml", "xl/workbook.xml"), "a", "xlsx"),
        (zipped("a.txt"), "a.docx", "zip"),
        ("blåbær\n".encode(), "a.txt", "txt"),
        (b"a;b\n", "a.csv", "csv"),
        ("\ufeffhello".encode("utf-16"), "a.txt", "txt"),
    ],
)
def test_a_file_is_what_its_bytes_are(data: bytes, name: str, kind: str) -> None:
    assert kind_of(upload(data, name)) == kind


@pytest.mark.parametrize(
    "data",
    [
        b"MZ\x90\0program",
        b"\x7fELF\x02",
        b"<html><script>alert(1)</script>",
        b"hello <svg onload=alert(1)>",
        b"#!/bin/sh\nrm -rf /",
        b"GIF89a/*<script>*/" + zipped("a.class"),
        PDF + zipped("a.class"),
        b"\xff\xd8\xff\xe0%PDF-1.7",
        zipped("[Content_Types].xml", "word/document.xml", "word/vbaProject.bin"),
        zipped("[Content_Types].xml", "word/document.xml")[:-22],
        zipped("[Content_Types].xml", "word/document.xml") + b"tail",
        b"PK\x03\x04" + b"\0" * 100,
        b"PK\x03\x04" + b"\0" * 100 + b"PK\x05\x06" + b"\0" * 4 + b"\xff\xff\xff\xff" + b"\xff" * 8 + b"\0\0",
        b"text with \0 in it",
        b"\xc3\x28 no text",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1old office",
    ],
)
def test_what_is_doubtful_or_two_things_is_nothing(data: bytes) -> None:
    assert kind_of(upload(data)) == ""


def test_a_bomb_is_looked_at_and_never_unpacked() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", b"0" * 200_000_000)
    assert kind_of(upload(made.getvalue(), "a.docx")) == ""


@given(st.binary(max_size=200), st.text(max_size=30))
def test_no_bytes_break_the_look_at_a_file(data: bytes, name: str) -> None:
    assert kind_of(upload(data, name)) in ("", *FILE_TYPES)


@pytest.mark.parametrize(
    ("name", "cleaned"),
    [
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\evil\\plan.pdf", "plan.pdf"),
        ("invoice.pdf.exe", "invoice.pdf.exe.pdf"),
        ("annual\u202efdp.exe", "annualfdp.exe.pdf"),
        ("..", "file.pdf"),
        ("", "file.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ('a"b<c>.PDF', "a_b_c_.PDF"),
        ("a\r\nContent-Type: x.pdf", "a Content-Type_ x.pdf"),
        ("x" * 300 + ".pdf", "x" * 100 + ".pdf"),
    ],
)
def test_a_name_means_no_place_and_says_what_the_file_is(name: str, cleaned: str) -> None:
    assert clean_name(name, "pdf") == cleaned


@given(st.text(max_size=150))
def test_no_name_leads_anywhere(name: str) -> None:
    cleaned = clean_name(name, "png")
    assert cleaned.lower().endswith(".png")
    assert not set(cleaned) & set('/\\:*?"<>|\0\r\n')
    assert not cleaned.startswith(".")


def test_files_are_refused_by_size_kind_and_number() -> None:
    assert "larger" in checked({}, upload(PDF + b"\n" * 2_000)).problems["file"]
    assert "empty" in checked({}, upload(b"")).problems["file"]
    assert "none of these" in checked({}, upload(b"MZ\0")).problems["file"]
    assert "at most 3" in checked({}, *[upload(PDF)] * 4).problems["file"]
    stray = check(FORM, GOOD, {"elsewhere": [upload(PDF)]}, "en")
    assert stray.files == []


def test_a_ticket_is_good_for_its_form_and_its_hours() -> None:
    tickets = Tickets(b"k" * 32)
    text = tickets.issue("contact", NOW)
    found = tickets.read("contact", text, NOW + timedelta(hours=1))
    assert found is not None
    assert found.issued_at == NOW
    assert tickets.read("other", text, NOW) is None
    assert tickets.read("contact", text, NOW + VALID + timedelta(seconds=1)) is None
    assert tickets.read("contact", text, NOW - timedelta(hours=1)) is None
    assert Tickets(b"q" * 32).read("contact", text, NOW) is None


@given(st.text(max_size=120))
def test_nobody_else_makes_a_ticket_or_an_id(text: str) -> None:
    tickets = Tickets(b"k" * 32)
    assert tickets.read("contact", text, NOW) is None
    assert not tickets.is_submission(text)


@given(st.integers(0, 200))
def test_a_changed_ticket_is_none(place: int) -> None:
    tickets = Tickets(b"k" * 32)
    text = tickets.issue("contact", NOW)
    at = place % len(text)
    changed = text[:at] + ("A" if text[at] != "A" else "B") + text[at + 1 :]
    assert tickets.read("contact", changed, NOW) is None


def test_an_id_follows_from_form_ticket_and_content() -> None:
    tickets = Tickets(b"k" * 32)
    made = tickets.submission_id("contact", "nonce", b"content")
    assert made == tickets.submission_id("contact", "nonce", b"content")
    others = [("other", "nonce", b"content"), ("contact", "n", b"content"), ("contact", "nonce", b"c")]
    assert made not in {tickets.submission_id(*each) for each in others}
    assert tickets.is_submission(made)
    assert not tickets.is_submission(tickets.issue("contact", NOW))


def test_a_network_that_sends_too_much_waits_and_others_do_not(tmp_path: Path) -> None:
    pace = Pace(tmp_path / "pace", b"key")
    assert [pace.wait_minutes("contact", "a", 3, 0.0) for _ in range(4)] == [0, 0, 0, 20]
    assert pace.wait_minutes("contact", "b", 3, 0.0) == 0
    assert pace.wait_minutes("other", "a", 3, 0.0) == 0
    assert pace.wait_minutes("contact", "a", 3, 1_201.0) == 0
    pace.close()


def test_all_networks_together_have_a_limit_too(tmp_path: Path) -> None:
    pace = Pace(tmp_path / "pace", b"key")
    passed = sum(pace.wait_minutes("contact", f"n{number}", 2, 0.0) == 0 for number in range(150))
    assert passed == 100
    pace.close()


def test_the_processes_of_an_outpost_count_together_and_keep_no_network(tmp_path: Path) -> None:
    file = tmp_path / "pace"
    processes = [Pace(file, b"key") for _ in range(4)]

    def send(pace: Pace) -> list[int]:
        return [pace.wait_minutes("contact", "198.51.100.0/24", 10, 0.0) for _ in range(10)]

    with ThreadPoolExecutor(4) as threads:
        answers = [each for some in threads.map(send, processes) for each in some]
    assert answers.count(0) == 10
    assert b"198.51" not in b"".join(each.read_bytes() for each in tmp_path.iterdir())
    assert processes[0].wait_minutes("contact", "198.51.100.0/24", 10, -3_600.0) > 0  # the clock was set back
    for pace in processes:
        pace.close()


def test_a_form_goes_on_taking_where_nothing_can_be_counted(tmp_path: Path) -> None:
    (tmp_path / "pace").write_bytes(b"this is no database" * 100)
    pace = Pace(tmp_path / "pace", b"key")
    assert [pace.wait_minutes("contact", "a", 1, 0.0) for _ in range(3)] == [0, 0, 0]
    pace.close()


@pytest.mark.parametrize("cut", range(9))
def test_markup_across_the_border_of_two_readings_is_seen(cut: int) -> None:
    for border in (2, 2 + 65_536, 2 + 2 * 65_536):
        data = b"x" * max(0, border - cut) + b"<!doctype html>"
        assert kind_of(upload(data, "plan.txt")) == ""
