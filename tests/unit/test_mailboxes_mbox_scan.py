"""Finding messages in mbox files: none lost, none invented, whatever the bytes."""

from __future__ import annotations

import itertools
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sync.mailboxes.mbox import scan
from sync.mailboxes.mbox.content import read_message, time_of
from sync.mailboxes.mbox.scan import FileView, find_messages

FROM = b"From a@b.example Tue Mar  5 08:00:00 2024\n"
texts = st.lists(
    st.sampled_from(
        [
            b"From here\n",
            b"From a@b Tue Mar  5 08:00:00 2024\n",
            b">From x\n",
            b"\n",
            b"\r\n",
            b"Subject: x\n",
            b"x",
            b"\xff\0",
        ]
    ),
    max_size=8,
).map(b"".join)


@contextmanager
def view_of(data: bytes) -> Iterator[FileView]:
    with tempfile.TemporaryFile() as file:
        file.write(data)
        file.flush()
        yield FileView(file.fileno())


def quoted(body: bytes) -> bytes:
    return re.sub(rb"^(>*From )", rb">\1", body, flags=re.MULTILINE)


@given(st.lists(texts, max_size=5))
@example([b"\n\n\n", b""])
def test_mboxrd_goes_there_and_back(bodies: list[bytes]) -> None:
    wanted = [b"Subject: x\n\n" + body + (b"" if body.endswith(b"\n") else b"\n") for body in bodies]
    data = b"".join(FROM + b"Subject: x\n\n" + quoted(text[len(b"Subject: x\n\n") :]) + b"\n" for text in wanted)
    with view_of(data) as view:
        found = [read_message(view, span)[1] for span in find_messages(view)]
    assert found == wanted


@given(st.lists(st.one_of(texts, st.just(b"Content-Length: 5\n"), st.just(FROM)), max_size=10).map(b"".join))
def test_any_bytes_are_spans_in_order(data: bytes) -> None:
    with view_of(FROM + data) as view:
        spans = list(find_messages(view))
        assert spans[0].start == 0
        for span in spans:
            assert span.start < span.first <= max(span.end, span.first) <= view.size
            read_message(view, span)
        for one, following in itertools.pairwise(spans):
            assert one.end <= following.start
            between = view.read(one.end, following.start - one.end)
            assert not between.strip(b"\r\n")


def test_windows_do_not_hide_a_message(monkeypatch: pytest.MonkeyPatch) -> None:
    message = FROM + b"Subject: x\n\ntext\n\n"
    for window in range(6, 80):
        monkeypatch.setattr(scan, "_WINDOW", window)
        with view_of(message * 5) as view:
            assert len(list(find_messages(view))) == 5


def test_the_file_is_not_loaded(tmp_path) -> None:
    path = tmp_path / "big"
    with path.open("wb") as file:
        file.write(FROM + b"Subject: x\n\n")
        file.truncate(3 << 30)
    descriptor = os.open(path, os.O_RDONLY)
    view = FileView(descriptor)
    assert view.find(b"\nFrom ", view.size - (4 << 20)) == -1
    _, data = read_message(view, scan.Span(0, len(FROM), view.size, counted=False))
    assert len(data) == 4 << 20
    os.close(descriptor)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (FROM, datetime(2024, 3, 5, 8, tzinfo=UTC)),
        (b"From - Tue Mar 05 08:00:00 2024\r\n", datetime(2024, 3, 5, 8, tzinfo=UTC)),
        (b"From a Tue Mar  5 08:00 CET 2024\n", datetime(2024, 3, 5, 8, tzinfo=UTC)),
        (b"From a Tue Mar  5 08:00:00 2024 -0100\n", datetime(2024, 3, 5, 9, tzinfo=UTC)),
        (b"From a Tue Mar  5 08:00:60 2024\n", datetime(2024, 3, 5, 8, 0, 59, tzinfo=UTC)),
        (b"From a Tue Xxx 99 08:00:00 2024\n", None),
        (b"From \n", None),
    ],
)
def test_times(line: bytes, expected: datetime | None) -> None:
    assert time_of(line) == expected
