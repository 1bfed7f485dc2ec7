"""The outpost against nginx on this machine in one run: `python -m benchmarks web`.

wrk asks both by turns over 32 connections; each has two processes. Every answer of ours is an event in the spool,
counted afterwards. One more load is ended by kill -9, and a burst of events goes straight into a spool.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.outpost.collecting import read_cursor, read_events
from agent.outpost.folder import FolderOutpost
from agent.outpost.ground import prepare_ground
from benchmarks.measure import Row, median, spread
from crm_model.tracking import Hit, Token, TokenKind
from tests.servers import nginx
from tests.servers.outpost import RunningOutpost, running_outpost, start_outpost

_PROCESSES = 2
_CONNECTIONS = 32
_OPEN, _CLICK = "open-token-of-22-chars", "click-token-of-22-char"
_TARGET = "https://fjordlys.example/tilbud"
_YARDSTICK = f"location = /gif {{ empty_gif; }} location = /away {{ return 302 {_TARGET}; }}"
_BURST_EVENTS_A_SECOND = 10_000


@dataclass(frozen=True, slots=True)
class Load:
    """What wrk saw: requests answered, how many a second, the 99th percentile in milliseconds."""

    answered: int
    a_second: float
    p99_ms: float


def measure(seconds: int, rounds: int) -> list[Row]:
    """The rows of the table; none without nginx and wrk."""
    if not (nginx.is_installed() and shutil.which("wrk")):
        return []
    return [*_against_nginx(seconds, rounds), _killed(), *_burst(seconds)]


def _against_nginx(seconds: int, rounds: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "nginx").mkdir()
        with (
            running_outpost(folder, workers=_PROCESSES) as outpost,
            nginx.running_nginx(folder / "nginx", _YARDSTICK, processes=_PROCESSES) as yardstick,
        ):
            _publish(outpost)
            pairs = [
                (
                    _load(f"{outpost.url}/o/{_OPEN}.gif", seconds),
                    _load(f"{yardstick}/gif", seconds),
                    _load(f"{outpost.url}/c/{_CLICK}", seconds),
                    _load(f"{yardstick}/away", seconds),
                )
                for _ in range(rounds)
            ]
            pixels, gifs, clicks, redirects = (list(loads) for loads in zip(*pairs, strict=True))
            outpost.stop()
        heard = len(_everything(folder / "outpost"))
    answered = sum(load.answered for load in (*pixels, *clicks))
    return [
        _compared("pixel, each an event", pixels, gifs, "nginx empty_gif", "ratio ≤ 5"),
        _compared("link, each an event", clicks, redirects, "nginx return 302", "ratio ≤ 8"),
        Row(f"events of {answered:,} answers", f"{heard:,}", mark="no fewer"),
    ]


def _compared(what: str, ours: Sequence[Load], theirs: Sequence[Load], name: str, mark: str) -> Row:
    ratios = [their.a_second / our.a_second for our, their in zip(ours, theirs, strict=True)]
    return Row(what, _shown(ours), f"{_shown(theirs)} ({name})", spread(ratios), mark)


def _shown(loads: Sequence[Load]) -> str:
    a_second, p99 = median([load.a_second for load in loads]), median([load.p99_ms for load in loads])
    return f"{a_second:,.0f}/s, p99 {p99:.1f} ms"


def _load(url: str, seconds: int) -> Load:
    ran = subprocess.run(
        ["wrk", "-t1", f"-c{_CONNECTIONS}", f"-d{seconds}s", "--latency", url],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if "Non-2xx" in ran or "Socket errors" in ran:
        raise RuntimeError(f"not every request was answered: {ran}")
    found = re.search(r"99%\s+([\d.]+)(us|ms|s)\b", ran)
    answered, a_second = re.search(r"(\d+) requests in", ran), re.search(r"Requests/sec:\s+([\d.]+)", ran)
    if not (found and answered and a_second):
        raise RuntimeError(f"wrk speaks another way: {ran}")
    milliseconds = {"us": 0.001, "ms": 1.0, "s": 1_000.0}[found.group(2)]
    return Load(int(answered.group(1)), float(a_second.group(1)), float(found.group(1)) * milliseconds)


def _publish(outpost: RunningOutpost) -> None:
    with contextlib.closing(FolderOutpost(outpost.folder)) as agent:
        agent.publish_tokens([Token(_OPEN, TokenKind.OPEN), Token(_CLICK, TokenKind.CLICK, _TARGET)])


def _everything(folder: Path) -> list[Hit]:
    ground, places, events = prepare_ground(folder), dict[str, int](), list[Hit]()
    while (page := read_events(ground, places, limit=10_000)).events:
        events += [event for event in page.events if isinstance(event, Hit)]
        places = read_cursor(page.cursor)
    return events


def _killed() -> Row:
    """kill -9 in the midst of a load: wrk says how many answers it had by then."""
    with tempfile.TemporaryDirectory() as place:
        outpost = start_outpost(Path(place), {"workers": _PROCESSES})
        _publish(outpost)
        load = subprocess.Popen(
            ["wrk", "-t1", f"-c{_CONNECTIONS}", "-d4s", f"{outpost.url}/o/{_OPEN}.gif"],
            stdout=subprocess.PIPE,
            text=True,
        )
        time.sleep(2)
        outpost.kill()
        said, _ = load.communicate()
        answered = re.search(r"(\d+) requests in", said)
        heard = len(_everything(outpost.folder))
    count = int(answered.group(1)) if answered else 0
    return Row(f"events after kill -9 under load, {count:,} answers", f"{heard:,}", mark="no fewer")


_BURST = """
import sys, time, resource
from datetime import UTC, datetime
from pathlib import Path
from agent.outpost.ground import prepare_ground
from agent.outpost.spool import Spool
from crm_model.tracking import Hit, TokenKind
seconds, a_second = int(sys.argv[2]), int(sys.argv[3])
spool = Spool(prepare_ground(Path(sys.argv[1])).spool)
def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
def hit(number):
    return Hit(str(number), "token-of-22-characters", TokenKind.OPEN, datetime.now(UTC), user_agent="Mozilla/5.0 " * 8)
spool.keep_for_sure(hit(0))
before, started, waits = resident(), time.perf_counter(), []
for number in range(1, seconds * a_second):
    if number % (a_second // 10) == 0:
        began = time.perf_counter()
        spool.keep_for_sure(hit(number))
        waits.append(time.perf_counter() - began)
        time.sleep(max(0.0, started + number / a_second - time.perf_counter()))
    else:
        spool.keep(hit(number))
taken = time.perf_counter() - started
grown = resident() - before
spool.close()
print(taken, grown, max(waits), sorted(waits)[len(waits) // 2])
"""


def _burst(seconds: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as place:
        ran = subprocess.run(
            [sys.executable, "-c", _BURST, f"{place}/outpost", str(seconds), str(_BURST_EVENTS_A_SECOND)],
            capture_output=True,
            text=True,
            check=True,
        )
        taken, grown, slowest, usual = (float(word) for word in ran.stdout.split())
        heard = len(_everything(Path(place) / "outpost"))
    sent = seconds * _BURST_EVENTS_A_SECOND
    return [
        Row(f"{sent:,} events into one spool in {taken:.1f} s: kept", f"{heard:,}", mark="all"),
        Row("memory that the burst took", f"{grown / 2**20:.1f} MB", mark="no growth"),
        Row(
            f"until an event is on the disk, slowest (median {usual * 1_000:.0f} ms)",
            f"{slowest * 1_000:.0f} ms",
            mark="< 1 s",
        ),
    ]
