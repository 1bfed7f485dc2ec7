"""The screen beside a busy agent: first paint, from each kind of key to the frame that answers it, and memory.

    python -m benchmarks.screen [--part 0.1]

200,000 mails, 60,000 conversations, 100,000 contacts and 20,000 deals, on SQLite and on PostgreSQL; 100 messages a
second come in through the agent's way meanwhile. The program runs on a terminal of its own whose screen is read: a
key is answered when the frame that shows its effect has been drawn. The yardstick is a Textual app with nothing but a
number that keys change.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks.desk_store import desks, the_size
from benchmarks.desk_writer import Writer
from benchmarks.frames import Frames
from benchmarks.measure import Row, median, milliseconds, p95
from benchmarks.terminal import Terminal
from tui.widgets.header_bar import VIEW_WORDS

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
_KEY_MARK, _PAINT_MARK = "p95 ≤ 50 ms", "≤ 400 ms"
_PAINTS = 3
_PAUSE = 0.12
"""Between two keys, as a quick reader presses them."""

_SEARCHES = ("project ", "from:kari ", "pump pri")


def measure(part: float = 1.0) -> list[Row]:
    """The rows of the table; PostgreSQL's only where it is installed."""
    rows: list[Row] = []
    size = the_size(part)
    with desks(size) as made:
        for database, url in made:
            rows += of_database(database, url)
    return rows


def of_database(database: str, url: str) -> Iterator[Row]:
    """The rows of one filled database."""
    place = Path(tempfile.mkdtemp(prefix="hpb-"))
    try:
        with Writer(url) as writer:
            yield from _rows(database, _command(place, url))
        yield Row(f"messages written meanwhile, {database}", f"{writer.rate:.0f}/s", mark="100/s")
    finally:
        shutil.rmtree(place)


def _command(place: Path, url: str) -> tuple[str | Path, ...]:
    (place / "mail" / "cur").mkdir(parents=True)
    (place / "mail" / "new").mkdir()
    config = place / "config.toml"
    config.write_text(f"""
author = "Kari Nordmann"
database = "{url}"

[[mail_account]]
name = "work"
kind = "maildir"
path = "{place / "mail"}"

[[crm]]
name = "local"
backend = "local"
path = "{place / "crm.sqlite3"}"
""")
    return (Path(sys.executable).with_name("hitchpost"), "--config", config, "tui")


def _rows(database: str, ours: tuple[str | Path, ...]) -> Iterator[Row]:
    empty_paint, empty_keys = _empty()
    frames, lists = [], []
    for _ in range(_PAINTS):
        screen = Screen(ours)
        frames.append(screen.since_start(screen.stands))
        lists.append(frames[-1] if screen.has_list() else screen.since_start(screen.has_list))
        screen.close()
    shown = f"{milliseconds(median(empty_paint))} (empty app)"
    for what, taken in (("its frame", frames), ("the list in it", lists)):
        ratio = f"{median(taken) / median(empty_paint):.2f}"
        yield Row(f"first paint: {what}, {database}", milliseconds(median(taken)), shown, ratio, _PAINT_MARK)
    screen = Screen(ours)
    try:
        screen.since_start(screen.has_list)
        screen.look(2)
        for what, keys in _KINDS.items():
            taken = list(keys(screen))
            name = f"key to paint: {what}, p95 of {len(taken)} (median {milliseconds(median(taken))}), {database}"
            yardstick = f"{milliseconds(p95(empty_keys))} (empty app)"
            ratio = f"{p95(taken) / p95(empty_keys):.2f}"
            yield Row(name, milliseconds(p95(taken)), yardstick, ratio, _KEY_MARK)
        taken = list(_results(screen))
        name = f"search as one types: its results drawn, p95 of {len(taken)} (median {milliseconds(median(taken))})"
        yield Row(f"{name}, {database}", milliseconds(p95(taken)), mark="≤ 100 ms")
        yield Row(f"peak memory of the screen, {database}", f"{screen.peak_bytes() / 1e6:.0f} MB", mark="≤ 200 MB")
    finally:
        screen.close()


class Screen(Frames):
    """What can be asked of the triage screen."""

    def stands(self) -> bool:
        """Whether its frame is drawn."""
        return "Triage" in self.rows[0]

    def has_list(self) -> bool:
        """Whether rows stand in the list, not only their places."""
        chosen = self.chosen()
        return chosen != "" and not chosen.startswith("▌   …")

    def chosen(self) -> str:
        """The line under the cursor, "" for none."""
        return "".join(row[:40] for row in self.rows if row.startswith("▌"))

    def titles(self) -> str:
        """What stands in the borders of the panes."""
        return next((row for row in self.rows[:6] if row.count("─") > 20), "")

    def shows(self, *words: str) -> bool:
        return any(word in row for row in self.rows for word in words)


def _moving(screen: Screen) -> Iterator[float]:
    for key in (*[b"j"] * 40, *[b"\x1b[6~"] * 10, *[b"k"] * 10):
        screen.look(_PAUSE)
        yield _changed(screen, key, screen.chosen)


def _opening(screen: Screen) -> Iterator[float]:
    screen.key(b"T", lambda: True)
    for key in (*[b"j"] * 40, *[b"k"] * 10):
        screen.look(2 * _PAUSE)
        yield _changed(screen, key, screen.titles)


def _changed(screen: Screen, key: bytes, seen: Callable[[], str]) -> float:
    before = seen()
    return screen.key(key, lambda: seen() not in ("", before))


def _folding(screen: Screen) -> Iterator[float]:
    for _ in range(40):
        if screen.shows("(z unfolds)"):
            break
        screen.key(b"j", lambda: True)
        screen.look(4 * _PAUSE)
    for _ in range(15):
        for words in ("(z folds)", "(z unfolds)"):
            screen.look(_PAUSE)
            yield screen.key(b"z", lambda words=words: screen.shows(words))  # type: ignore[misc]


def _views(screen: Screen) -> Iterator[float]:
    names = [*VIEW_WORDS.values()][1:] + [*VIEW_WORDS.values()][:1]
    for name in names * 2:
        screen.look(4 * _PAUSE)

        def shown(head: str = f" {name} ") -> bool:
            return head in screen.rows[0] and (screen.has_list() or screen.shows("nothing here"))

        yield screen.key(b"]", shown)


def _begin_search(screen: Screen) -> None:
    """Only when the line stands are letters a search: before, each is a command."""
    screen.key(b"/", lambda: screen.shows("from:kari, is:unlinked"))
    screen.look(4 * _PAUSE)


def _typing(screen: Screen) -> Iterator[float]:
    for text in _SEARCHES:
        _begin_search(screen)
        for end in range(1, len(text) + 1):
            screen.look(_PAUSE)
            typed = text[:end]
            yield screen.key(typed[-1].encode(), lambda typed=typed: screen.rows[1].lstrip().startswith(typed))  # type: ignore[misc]
        screen.key(b"\x1b", lambda: True)
        screen.look(4 * _PAUSE)


def _results(screen: Screen) -> Iterator[float]:
    for text in _SEARCHES:
        _begin_search(screen)
        for end in range(1, len(text) + 1):
            screen.look(4 * _PAUSE)
            typed = text[:end]

            def found(typed: str = typed) -> bool:
                return f"“{typed.strip()}”" in screen.rows[0] and (screen.has_list() or screen.shows("Nothing found"))

            if typed[-1] == " ":
                screen.key(b" ", lambda: True)
            else:
                yield screen.key(typed[-1].encode(), found)
        screen.key(b"\x1b", lambda: True)
        screen.look(4 * _PAUSE)


_KINDS: dict[str, Callable[[Screen], Iterator[float]]] = {
    "moving": _moving,
    "opening": _opening,
    "folding": _folding,
    "switching views": _views,
    "typing in search": _typing,
}


def _empty() -> tuple[list[float], list[float]]:
    command = (sys.executable, "-c", _EMPTY)
    paints = []
    for _ in range(_PAINTS):
        screen = Terminal(command)
        paints.append(screen.wait_for(b"ready"))
        screen.close()
    screen = Terminal(command)
    screen.wait_for(b"ready")
    keys = [screen.press(b"j").first for _ in range(30)]
    screen.close()
    return paints, keys


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--part", type=float, default=1.0, help="of the sizes, for a quick look")
    options.add_argument("--url", help="a database that is filled already")
    given = options.parse_args()
    for row in of_database("given", given.url) if given.url else measure(given.part):
        print(row.what, row.ours, row.yardstick, row.ratio, row.mark, sep=" | ", flush=True)


if __name__ == "__main__":
    main()
