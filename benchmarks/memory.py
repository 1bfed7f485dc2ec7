"""Whether memory grows with the mailbox: a first pass over IMAP, its memory at each quarter of the mail.

    python -m benchmarks.memory [N]

The high-water mark of the second half is compared with that of the first: caches fill early, a leak goes on.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
from itertools import islice
from pathlib import Path

from agent.daemon import run_pass
from agent.summary import Progress
from benchmarks.mailbox import mails
from benchmarks.measure import Row, run
from benchmarks.workplace import hitchpost_desk, imap_account, served
from sync import settings
from sync.store.schema import open_store
from tests.servers import dovecot


def measure(count: int) -> list[Row]:
    """The row of the table; none without Dovecot."""
    if not dovecot.is_installed():
        return []
    place = Path(tempfile.mkdtemp(prefix="hpb-"))
    try:
        with served(islice(mails(), count)) as (server, user):
            desk = hitchpost_desk(place / "ours", imap_account(place / "ours", server, user), log_mail="off")
            command = (sys.executable, "-m", "benchmarks.memory", "--one-pass", desk.folder / "config.toml")
            peaks = json.loads(run(command).output.splitlines()[-1])
    finally:
        shutil.rmtree(place)
    shown = ", ".join(f"{peak / 1e6:.0f}" for peak in peaks)
    grown = max(peaks[2:]) - max(peaks[:2])
    what = f"memory of a first pass, {count:,} messages: MB at most in each quarter ({shown}), grown in the second half"
    return [Row(what, f"{grown / 1e6:.1f} MB", mark="0 MB")]


class _Quarters:
    """The most memory seen in each quarter of the messages; the resident set is looked at with every page."""

    def __init__(self) -> None:
        self.peaks = [0, 0, 0, 0]

    def note(self, progress: Progress) -> None:
        if progress.phase == "mail" and progress.total:
            quarter = min(3, 4 * (progress.done - 1) // progress.total)
            self.peaks[quarter] = max(self.peaks[quarter], _resident())


def _resident() -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith("VmRSS:"))


def one_pass(config: Path) -> None:
    """The pass that is looked at, in a process of its own."""
    loaded = settings.load(config)
    store, quarters = open_store(loaded.database), _Quarters()
    run_pass(loaded, store, quarters.note)
    store.close()
    print(json.dumps(quarters.peaks))


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("count", type=int, nargs="?", default=12_000)
    options.add_argument("--one-pass", type=Path)
    given = options.parse_args()
    if given.one_pass:
        one_pass(given.one_pass)
        return
    for row in measure(given.count):
        print(row.what, row.ours, row.mark, sep=" | ")


if __name__ == "__main__":
    main()
