"""`make bench`: everything, and the figures into docs/performance.md.

    python -m benchmarks screen_fuzz [MINUTES]    random keys, see benchmarks/screen_fuzz.py
    python -m benchmarks [PART …]
    parts: first_pass memory nothing_new new_mail deciding threads searching screen crm tracking web

BENCH_N (20,000) is the size of the folder of the full pass and of the look at its memory, BENCH_MANY (60,000) that of
the pass with nothing new, BENCH_HELD (100,000) that of the one beside which new mail comes, BENCH_PART (1.0) the part
of 200,000 mails that the screen shows and the searches go through, BENCH_DECIDED (5,000) the mails judged and linked,
BENCH_CHANGES (10,000) what waits for a CRM, BENCH_RECORDS (100,000) what is read from one, BENCH_TRACKED (20,000) the
mails of which opens and clicks are judged (BENCH_SEED fixes the dice), BENCH_WEB_SECONDS (5) how long each load of
the outpost lasts, BENCH_ROUNDS (3) how often programs are compared.
"""

from __future__ import annotations

import argparse
import os
import platform
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import (
    crm,
    deciding,
    first_pass,
    memory,
    new_mail,
    nothing_new,
    screen,
    screen_fuzz,
    searching,
    threads,
    tracking,
    web,
)
from benchmarks.measure import Row
from benchmarks.page import markdown, write_between

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"
_HEAD = ("what", "Hitchpost", "yardstick", "ratio", "mark")


def parts() -> dict[str, Callable[[], list[Row]]]:
    """What can be measured, by name."""
    return {
        "first_pass": lambda: first_pass.measure(_number("BENCH_N", 20_000), _number("BENCH_ROUNDS", 3)),
        "memory": lambda: memory.measure(_number("BENCH_N", 20_000)),
        "nothing_new": lambda: nothing_new.measure(_number("BENCH_MANY", 60_000)),
        "new_mail": lambda: new_mail.measure(_number("BENCH_HELD", 100_000), 100),
        "deciding": lambda: deciding.measure(_number("BENCH_DECIDED", 5_000)),
        "threads": lambda: threads.measure((100_000, 1_000_000)),
        "crm": lambda: crm.measure(_number("BENCH_CHANGES", 10_000), _number("BENCH_RECORDS", 100_000)),
        "tracking": lambda: tracking.measure(_number("BENCH_TRACKED", 20_000), tracking.chosen_seed()),
        "searching": lambda: searching.measure(_part()),
        "screen": lambda: screen.measure(_part()),
        "web": lambda: web.measure(_number("BENCH_WEB_SECONDS", 5), _number("BENCH_ROUNDS", 3)),
    }


def table(rows: Sequence[Row]) -> str:
    """The rows as Markdown."""
    return markdown(_HEAD, ((row.what, row.ours, row.yardstick, row.ratio, row.mark) for row in rows))


def _part() -> float:
    return float(os.environ.get("BENCH_PART") or 1)


def _number(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)


def _circumstances(names: Sequence[str]) -> str:
    sizes = "".join(f"{name}={os.environ[name]} " for name in sorted(os.environ) if name.startswith("BENCH_"))
    command = f"{sizes}make bench" if list(names) == list(parts()) else f"{sizes}python -m benchmarks {' '.join(names)}"
    return (
        f"`{command}`, {datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()} on {platform.system()}, "
        f"{os.cpu_count()} cores. A ratio is Hitchpost's figure over the yardstick's of the same run, the median of "
        "the rounds with their range."
    )


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("parts", nargs="*", metavar="PART", help=", ".join(parts()))
    names = options.parse_args().parts or list(parts())
    if names[0] == "screen_fuzz":
        screen_fuzz.main(float(names[1]) if len(names) > 1 else 10)
        return
    if unknown := set(names) - parts().keys():
        options.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(parts())}")
    rows = [row for name in names for row in parts()[name]()]
    print(table(rows))
    if names == list(parts()):
        write_between(PAGE, "make bench", f"{_circumstances(names)}\n\n{table(rows)}")


if __name__ == "__main__":
    main()
