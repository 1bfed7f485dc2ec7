"""Passes over a large mailbox with nothing new, and with one new message: as a command and inside the agent.

    python -m benchmarks.nothing_new [N]

The mails are small, since only their number counts here. The yardsticks: mbsync over the same folder, and for the
command what Python needs to import the database library alone.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from benchmarks.mailbox import mails
from benchmarks.measure import Row, Spent, median, run
from benchmarks.workplace import (
    MBSYNC,
    Desk,
    deliver,
    hitchpost_desk,
    imap_account,
    maildir_account,
    mbsync_desk,
    served,
)
from tests.servers import dovecot

_LARGEST = 3_000
_TIMES = 5
_MARK = "< 1 s at 60,000"
_IMPORT = (sys.executable, "-c", "import sqlalchemy, pydantic")


def measure(count: int) -> list[Row]:
    """The rows of the table. Without Dovecot there are none."""
    if not dovecot.is_installed():
        print(dovecot.MISSING)
        return []
    made = mails(seed=2, largest=_LARGEST)
    with served(islice(made, count)) as (server, user):
        place = Path(tempfile.mkdtemp(prefix="hpb-"))
        try:
            accounts = {
                "IMAP": imap_account(place / "imap", server, user),
                "Maildir": maildir_account(server.maildir(user)),
            }
            desks = {kind: hitchpost_desk(place / kind, account, log_mail="off") for kind, account in accounts.items()}
            plain = mbsync_desk(place / "mbsync", server, user, fsync=False) if MBSYNC else None
            first = _first(desks, plain)
            rows = [row for kind, desk in desks.items() for row in _nothing(kind, desk, plain, count)]
            rows += _one_new(desks, plain, lambda: deliver(server, user, next(made)), count)
            peak = max(spent.peak_bytes for spent in first.values())
            return [*rows, Row(f"peak memory, {count:,} small messages", f"{peak / 1e6:.0f} MB", mark="< 200 MB")]
        finally:
            shutil.rmtree(place)


def _first(desks: dict[str, Desk], plain: Desk | None) -> dict[str, Spent]:
    """What must be there before there is nothing new."""
    if plain:
        plain.run()
    spent = {kind: desk.run() for kind, desk in desks.items()}
    for desk in desks.values():
        desk.run()  # a folder read a moment ago is listed once more, in case its clock is coarse
    return spent


def _nothing(kind: str, desk: Desk, plain: Desk | None, count: int) -> list[Row]:
    commands = [desk.run() for _ in range(_TIMES)]
    for spent in commands:
        assert not json.loads(spent.output.splitlines()[-1])["outcomes"], spent.output
    imports = median([run(_IMPORT).seconds for _ in range(_TIMES)])
    config = desk.folder / "config.toml"
    inside = run((sys.executable, "-m", "benchmarks.one_pass", config, "--again", str(_TIMES)))
    passes = median(json.loads(inside.output.splitlines()[-1])["again"])
    seconds = median([spent.seconds for spent in commands])
    what = f"nothing new, {kind}, {count:,} messages"
    ratio = f"{seconds / imports:.2f}"
    rows = [Row(f"{what}, command", f"{seconds:.2f} s", f"{imports:.2f} s (imports alone)", ratio, _MARK)]
    if plain and kind == "IMAP":
        theirs = median([plain.run().seconds for _ in range(_TIMES)])
        return [*rows, _inside(what, passes, theirs)]
    return [*rows, Row(f"{what}, in the agent", f"{passes:.3f} s", mark=_MARK)]


def _inside(what: str, passes: float, theirs: float) -> Row:
    return Row(f"{what}, in the agent", f"{passes:.3f} s", f"{theirs:.3f} s (mbsync)", f"{passes / theirs:.2f}", _MARK)


def _one_new(desks: dict[str, Desk], plain: Desk | None, arrive: Callable[[], None], count: int) -> list[Row]:
    taken: dict[str, list[float]] = {}
    for _ in range(3):
        arrive()
        for name, desk in {**desks, **({"mbsync": plain} if plain else {})}.items():
            spent = desk.run()
            taken.setdefault(name, []).append(spent.seconds)
            if name != "mbsync":
                outcomes = json.loads(spent.output.splitlines()[-1])["outcomes"]
                assert sum(outcomes.values()) == 1, outcomes
    rows = []
    for kind in desks:
        ours = median(taken[kind])
        theirs = median(taken["mbsync"]) if plain and kind == "IMAP" else 0.0
        shown = f"{theirs:.2f} s (mbsync)" if theirs else ""
        ratio = f"{ours / theirs:.2f}" if theirs else ""
        rows.append(Row(f"one new message, {kind}, {count:,} messages, command", f"{ours:.2f} s", shown, ratio))
    return rows


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("count", type=int, nargs="?", default=60_000)
    for row in measure(options.parse_args().count):
        print(row.what, row.ours, row.yardstick, row.ratio, row.mark, sep=" | ")


if __name__ == "__main__":
    main()
