"""A full pass over one IMAP folder, then one with nothing new, then with one new message, against mbsync's plain copy.

    python -m benchmarks.first_pass [N] [--rounds 3] [--profile]

Both programs read the same folder of the same Dovecot, one after the other in turn; ratios are of the same round.
Nothing is logged in the CRM, which mbsync has not; one more pass says what a full pass costs with it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from benchmarks.mailbox import Mail, mails
from benchmarks.measure import Row, Spent, median, milliseconds, run, spread
from benchmarks.workplace import MBSYNC, Desk, deliver, hitchpost_desk, imap_account, mbsync_desk, served
from tests.servers import dovecot

STEPS = ("full pass", "nothing new", "one new message")
MARKS = {"full pass": "ratio ≤ 1", "nothing new": "< 1 s at 60,000", "one new message": ""}
PEAK_MARK = 200_000_000


@dataclass(slots=True)
class Rounds:
    """What each program spent, by step."""

    spent: dict[str, dict[str, list[Spent]]] = field(default_factory=dict)

    def note(self, program: str, step: str, spent: Spent) -> None:
        self.spent.setdefault(program, {}).setdefault(step, []).append(spent)

    def seconds(self, program: str, step: str) -> list[float]:
        return [each.seconds for each in self.spent.get(program, {}).get(step, [])]


def measure(count: int, rounds: int) -> list[Row]:
    """The rows of the table. Without Dovecot there are none, without mbsync there is no yardstick."""
    if not dovecot.is_installed():
        print(dovecot.MISSING)
        return []
    made, taken = mails(), Rounds()
    with served(islice(made, count)) as (server, user):
        place = Path(tempfile.mkdtemp(prefix="hpb-"))
        try:
            _warm_up(place / "warm", server, user)
            for number in range(rounds):
                _round(place / str(number), server, user, made, taken, ours_first=bool(number % 2))
            logging = hitchpost_desk(place / "logging", imap_account(place / "logging", server, user))
            taken.note("hitchpost, logging", STEPS[0], logging.run())
        finally:
            shutil.rmtree(place)
    return _rows(count, taken)


def _warm_up(place: Path, server: dovecot.Dovecot, user: str) -> None:
    """Let Dovecot number the folder and the system cache its files, so that nobody pays for being first."""
    if MBSYNC:
        mbsync_desk(place, server, user, fsync=False).run()
    else:
        hitchpost_desk(place, imap_account(place, server, user)).run()
    shutil.rmtree(place)


def _round(
    place: Path, server: dovecot.Dovecot, user: str, made: Iterator[Mail], taken: Rounds, *, ours_first: bool
) -> None:
    account = imap_account(place / "hitchpost", server, user)
    desks = {"hitchpost": hitchpost_desk(place / "hitchpost", account, log_mail="off")}
    if MBSYNC:
        desks["mbsync"] = mbsync_desk(place / "mbsync", server, user)
        desks["mbsync, no fsync"] = mbsync_desk(place / "mbsync-nofsync", server, user, fsync=False)
    order = sorted(desks, reverse=not ours_first)
    before: dict[str, Callable[[], None]] = {"one new message": lambda: deliver(server, user, next(made))}
    for step in STEPS:
        before.get(step, lambda: None)()
        for program in order:
            spent = desks[program].run()
            taken.note(program, step, spent)
            print(f"{program:<17} {step:<16} {spent.seconds:7.2f} s  CPU {spent.cpu_seconds:6.2f} s", flush=True)
    _check(desks["hitchpost"], taken)
    shutil.rmtree(place)


def _check(desk: Desk, taken: Rounds) -> None:
    """The passes did what they are measured for."""
    full, nothing, one = (
        sum(json.loads(taken.spent["hitchpost"][step][-1].output.splitlines()[-1])["outcomes"].values())
        for step in STEPS
    )
    assert full > 0, desk.folder
    assert (nothing, one) == (0, 1), (full, nothing, one)


def _rows(count: int, taken: Rounds) -> list[Row]:
    rows = []
    for step in STEPS:
        ours = taken.seconds("hitchpost", step)
        rate = f", {count / median(ours):,.0f} messages/s" if step == "full pass" else ""
        for program in ("mbsync", "mbsync, no fsync"):
            theirs = taken.seconds(program, step)
            if theirs and (step == "full pass" or program == "mbsync"):
                ratios = [our / their for our, their in zip(ours, theirs, strict=True)]
                what = f"{step}, IMAP, {count:,} messages"
                shown = f"{median(theirs):.2f} s ({program})"
                rows.append(Row(what, f"{median(ours):.2f} s{rate}", shown, spread(ratios), MARKS[step]))
        if not taken.seconds("mbsync", step):
            rows.append(Row(f"{step}, IMAP, {count:,} messages", f"{median(ours):.2f} s{rate}", mark=MARKS[step]))
    logging = taken.spent["hitchpost, logging"][STEPS[0]][0]
    pushed = json.loads(logging.output.splitlines()[-1])["changes_pushed"]
    what = f"full pass that logs linked mail in the embedded CRM ({pushed:,} changes pushed)"
    return [*rows, Row(what, f"{logging.seconds:.2f} s"), _cpu_row(taken), _peak_row(count, taken)]


def _cpu_row(taken: Rounds) -> Row:
    cpu = [each.cpu_seconds for each in taken.spent["hitchpost"]["full pass"]]
    theirs = [each.cpu_seconds for each in taken.spent.get("mbsync", {}).get("full pass", [])]
    shown = f"{median(theirs):.1f} s (mbsync)" if theirs else ""
    ratio = spread([our / their for our, their in zip(cpu, theirs, strict=True)]) if theirs else ""
    return Row("CPU of the program, full pass", f"{median(cpu):.1f} s", shown, ratio)


def _peak_row(count: int, taken: Rounds) -> Row:
    ours = (taken.spent["hitchpost"], taken.spent["hitchpost, logging"])
    peak = max(each.peak_bytes for steps in ours for spent in steps.values() for each in spent)
    theirs = [each.peak_bytes for each in taken.spent.get("mbsync", {}).get("full pass", [])]
    shown = f"{max(theirs) / 1e6:.0f} MB (mbsync)" if theirs else ""
    return Row(f"peak memory, {count:,} messages", f"{peak / 1e6:.0f} MB", shown, "", f"< {PEAK_MARK / 1e6:.0f} MB")


def profile(count: int) -> None:
    """One full pass with the share of each step, on stderr."""
    place = Path(tempfile.mkdtemp(prefix="hpb-"))
    try:
        with served(islice(mails(), count)) as (server, user):
            _warm_up(place / "warm", server, user)
            account = imap_account(place / "ours", server, user)
            desk = hitchpost_desk(place / "ours", account, log_mail="off")
            command = (sys.executable, "-m", "benchmarks.one_pass", desk.folder / "config.toml", "--profile")
            spent = run(command)
            print(spent.output, milliseconds(spent.seconds), f"peak {spent.peak_bytes / 1e6:.0f} MB", sep="\n")
    finally:
        shutil.rmtree(place)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("count", type=int, nargs="?", default=20_000)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--profile", action="store_true")
    given = options.parse_args()
    if given.profile:
        profile(given.count)
        return
    for row in measure(given.count, given.rounds):
        print(row.what, row.ours, row.yardstick, row.ratio, row.mark, sep=" | ")


if __name__ == "__main__":
    main()
