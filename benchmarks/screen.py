"""The triage screen over many conversations: first paint, and from a key to the frame that answers it.

    python -m benchmarks.screen [CONVERSATIONS]

The program runs on a terminal of its own; the yardstick is a Textual app with nothing but a number that keys change.
The first bytes drawn are the list's answer; the conversation and the record follow from a worker and are timed apart.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Row, median, milliseconds, p95
from benchmarks.terminal import Terminal
from benchmarks.workplace import hitchpost_desk, maildir_account
from sync.store.schema import open_store
from tests import seeds

_EMPTY = """
from textual.app import App
from textual.widgets import Static
class Empty(App):
    def compose(self):
        self.shown = Static("ready 0")
        self.count = 0
        yield self.shown
    def on_key(self):
        self.count += 1
        self.shown.update(f"number {self.count}")
Empty().run()
"""
_DOWN, _PAGE_DOWN = b"j", b"\x1b[6~"
_STEPS = {"a step down the list": (_DOWN, 150), "a page down the list": (_PAGE_DOWN, 40)}
_SEARCHED = b"project"


def measure(conversations: int) -> list[Row]:
    """The rows of the table."""
    place = Path(tempfile.mkdtemp(prefix="hpb-"))
    try:
        (place / "mail" / "cur").mkdir(parents=True)
        (place / "mail" / "new").mkdir()
        desk = hitchpost_desk(place / "desk", maildir_account(place / "mail"))
        store = open_store(f"sqlite:///{desk.folder}/hitchpost.sqlite3")
        seeds.seed(store, conversations=conversations, mails_each=1, people=1_000)
        store.close()
        ours = (Path(sys.executable).with_name("hitchpost"), "--config", desk.folder / "config.toml", "tui")
        newest = seeds.person(conversations - 1).encode()
        return _rows(f"{conversations:,} conversations", ours, newest)
    finally:
        shutil.rmtree(place)


def _rows(size: str, ours: tuple[str | Path, ...], newest: bytes) -> list[Row]:
    empty_paint, empty_keys = _empty()
    paints = []
    for _ in range(3):
        screen = Terminal(ours)
        paints.append(screen.wait_for(newest))
        screen.close()
    shown = f"{median(empty_paint):.2f} s (empty app)"
    ratio = median(paints) / median(empty_paint)
    rows = [Row(f"first paint, {size}", f"{median(paints):.2f} s", shown, f"{ratio:.2f}")]
    screen = Terminal(ours)
    screen.wait_for(newest)
    try:
        shown = f"{milliseconds(p95(empty_keys))} (empty app)"
        for what, (key, times) in _STEPS.items():
            drawn = [screen.press(key) for _ in range(times)]
            taken, whole = [each.first for each in drawn], [each.last for each in drawn]
            rows.append(
                Row(
                    f"{what}: the list, p95 (median {milliseconds(median(taken))}), {size}",
                    milliseconds(p95(taken)),
                    shown,
                    f"{p95(taken) / p95(empty_keys):.2f}",
                    "< 50 ms",
                )
            )
            shown_whole = f"{what}: conversation and record too, p95 (median {milliseconds(median(whole))}), {size}"
            rows.append(Row(shown_whole, milliseconds(p95(whole))))
        rows += _search(screen, size)
        rows.append(Row(f"peak memory of the screen, {size}", f"{screen.peak_bytes() / 1e6:.0f} MB", mark="< 200 MB"))
    finally:
        screen.close()
    return rows


def _search(screen: Terminal, size: str) -> list[Row]:
    screen.press(b"/")
    drawn = [screen.press(bytes([letter])) for letter in _SEARCHED]
    first, last = [each.first for each in drawn], [each.last for each in drawn]
    return [
        Row(f"a letter of a search, slowest of {len(drawn)}, {size}", milliseconds(max(first)), mark="< 50 ms"),
        Row(f"a search's results, slowest of {len(drawn)}, {size}", milliseconds(max(last))),
    ]


def _empty() -> tuple[list[float], list[float]]:
    command = (sys.executable, "-c", _EMPTY)
    paints = []
    for _ in range(3):
        screen = Terminal(command)
        paints.append(screen.wait_for(b"ready"))
        screen.close()
    screen = Terminal(command)
    screen.wait_for(b"ready")
    keys = [screen.press(_DOWN).first for _ in range(100)]
    screen.close()
    return paints, keys


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("conversations", type=int, nargs="?", default=100_000)
    for row in measure(options.parse_args().conversations):
        print(row.what, row.ours, row.yardstick, row.ratio, row.mark, sep=" | ")


if __name__ == "__main__":
    main()
