"""How bounces are read, on two public sets of them: addresses found, and hard failures told from others.

    python -m benchmarks.bounces MAIL [--sisimai TESTS] [--flufl]

MAIL holds `sisimai/maildir/bsd` and `flufl-bounce`. TESTS is the folder `t` of a checkout of p5-sisimai, whose tests
say what each of its mails is. With `--flufl` the package flufl.bounce, if installed, is the yardstick for its own set.
"""

from __future__ import annotations

import argparse
import email
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from agent.bounces import read_bounce
from benchmarks.page import markdown
from crm_model.bounces import BounceClass

_ENGINE = re.compile(r"(?:\d+-)?((?:lhost|rhost)-[a-z0-9]+|rfc3464|arf|rfc3834)\.t$")
_CASE = re.compile(r"'(\d+)'\s*=>\s*\[(.*?)\]\],", re.S)
_RESULT = re.compile(r"\[\s*'([\d.]*)'\s*,\s*'(\d*)'\s*,\s*'([a-z]+)'\s*,\s*(\d)")
_NO_BOUNCE = frozenset(("feedback", "vacation", "delivered"))
_EITHER = frozenset(("filtered", "suspend", "onhold", "undefined", "rejected"))
"""Reasons that are hard by our reading ("user unknown" after DATA, a disabled account) and not by theirs."""

Expected = Mapping[str, list[tuple[str, str, bool]]]


def expected_of(tests: Path) -> Expected:
    """By the mail's name, for each recipient: status, reason, whether the address is bad for good."""
    found: dict[str, list[tuple[str, str, bool]]] = {}
    for file in sorted(tests.iterdir()):
        engine = _ENGINE.search(file.name)
        if engine is None:
            continue
        for number, results in _CASE.findall(file.read_text(encoding="utf-8", errors="replace") + "]],"):
            rows = [(status, reason, hard == "1") for status, _, reason, hard in _RESULT.findall(f"[{results}]")]
            found[f"{engine[1]}-{number}.eml"] = rows
    return found


def sisimai(mails: Path, expected: Expected, *, verbose: bool = False) -> Counter[str]:
    """Counts of recipients: told, found, of the right class."""
    counts: Counter[str] = Counter()
    for file in sorted(mails.iterdir()):
        rows = [row for row in expected.get(file.name, []) if row[1] not in _NO_BOUNCE]
        if not rows:
            continue
        report = read_bounce(file.read_bytes())
        counts["mails"] += 1
        counts["recipients"] += len(rows)
        counts["found"] += min(len(rows), len(report.recipients))
        counts["too many"] += max(0, len(report.recipients) - len(rows))
        counts["with the mail's id"] += bool(report.about)
        if len(rows) == len(report.recipients) and all(row[1] not in _EITHER for row in rows):
            counts["comparable"] += len(rows)
            told = Counter(each.bounce is BounceClass.HARD for each in report.recipients)
            counts["comparable, right"] += sum((told & Counter(row[2] for row in rows)).values())
        hard = sorted(each.bounce is BounceClass.HARD for each in report.recipients)
        right = sum((Counter(hard) & Counter(row[2] for row in rows)).values())
        counts["hard or not, right"] += right
        counts["hard told"] += sum(hard)
        counts["hard true"] += sum(row[2] for row in rows)
        if verbose and (right < len(rows) or len(report.recipients) != len(rows)):
            print(
                file.name,
                rows,
                [(each.address, each.bounce.value, each.status, each.reason[:90]) for each in report.recipients],
            )
    return counts


def flufl(mails: Path, *, verbose: bool = False) -> Counter[str]:
    """Addresses that the yardstick finds in its own set: how many we find, and how many beside them."""
    from flufl.bounce import all_failures

    counts: Counter[str] = Counter()
    for file in sorted(mails.glob("*.txt")):
        temporary, permanent = all_failures(email.message_from_bytes(file.read_bytes()))
        wanted = {each.decode().lower() for each in temporary | permanent}
        report = read_bounce(file.read_bytes())
        found = {each.address for each in report.recipients}
        counts["mails"] += 1
        counts["addresses"] += len(wanted)
        counts["found"] += len(wanted & found)
        counts["beside"] += len(found - wanted) if wanted else 0
        if verbose and wanted != found:
            print(file.name, sorted(wanted), [(each.address, each.bounce.value) for each in report.recipients])
    return counts


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("mail", type=Path)
    options.add_argument("--sisimai", type=Path, metavar="TESTS")
    options.add_argument("--flufl", action="store_true")
    options.add_argument("--verbose", action="store_true", help="name every mail that is read otherwise")
    chosen = options.parse_args()
    rows: list[tuple[str, str]] = []
    if chosen.sisimai:
        counts = sisimai(chosen.mail / "sisimai/maildir/bsd", expected_of(chosen.sisimai), verbose=chosen.verbose)
        rows += [(f"sisimai: {name}", f"{count:,}") for name, count in counts.items()]
    if chosen.flufl:
        rows += [
            (f"flufl.bounce: {name}", f"{count:,}")
            for name, count in flufl(chosen.mail / "flufl-bounce", verbose=chosen.verbose).items()
        ]
    print(markdown(("what", "count"), rows))


if __name__ == "__main__":
    main()
