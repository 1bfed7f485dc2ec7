"""How well mail is judged and linked on a labelled set, by verdict and language, beside how others file mail.

    python -m benchmarks.judgement [HALF] [--write]     HALF: a folder with judge/ and link/, ../shared/eval/dev

`--write` puts the tables into docs/judgement.md. What a baseline does stands in `linking_baselines`.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agent.parse import parse_message
from agent.rehearsal import rehearse
from benchmarks.asking import asking_tables
from benchmarks.linking_baselines import STRATEGIES, Crm, Guess, guesses
from benchmarks.page import markdown, write_between
from crm_model.mail import Message, RawMessage

PROJECT = Path(__file__).parents[1]
EVAL = PROJECT.parent / "shared" / "eval"
_BULK = ("list-unsubscribe", "list-id", "precedence", "auto-submitted", "x-auto-response-suppress", "feedback-id")
Labels = Sequence[Mapping[str, Any]]


def labels_of(folder: Path) -> Labels:
    return [json.loads(line) for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines() if line]


def score(task: str, folder: Path, predictions: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What the scorer of the labelled sets says."""
    with tempfile.TemporaryDirectory() as temporary:
        given, figures = Path(temporary) / "predictions.jsonl", Path(temporary) / "figures.json"
        given.write_text("".join(json.dumps(line) + "\n" for line in predictions), encoding="utf-8")
        command = [sys.executable, str(EVAL / "score.py"), task, str(folder / "labels.jsonl"), str(given)]
        subprocess.run([*command, "--json", str(figures)], check=True, capture_output=True)
        found: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
    return found


def judged_by_headers(folder: Path) -> list[dict[str, Any]]:
    """The yardstick of judging: no bulk header, no automatic one, not our own domain: an enquiry."""
    own = tuple(json.loads((EVAL / "context.json").read_text(encoding="utf-8"))["domains"])
    lines = []
    for name, message in read_mail(folder).items():
        sender = message.from_.email if message.from_ else ""
        lead = not any(header in message.headers for header in _BULK) and not sender.endswith(own)
        fields = {"email": sender} if lead else {}
        lines.append({"file": name, "verdict": "enquiry" if lead else "other", "creates_lead": lead, "fields": fields})
    return lines


def read_mail(folder: Path) -> dict[str, Message]:
    """Every message of a folder by its file's name, in the order in which they are to be read."""
    files = sorted(folder.glob("*.eml"))
    return {file.name: parse_message(RawMessage(file.name, data := file.read_bytes(), len(data))) for file in files}


def tally(labels: Labels, links: Mapping[str, Guess]) -> tuple[Counter[str], int]:
    """Right, wrong and missed links to deals, each link counted, and links that must never be."""
    counts: Counter[str] = Counter()
    broken = 0
    for label in labels:
        guess = links.get(label["file"], Guess())
        wanted, also = label["opportunity"], set(label.get("acceptable", ()))
        right = [deal for deal in guess.deals if deal == wanted or (deal in also and wanted)]
        counts["right"] += bool(right)
        counts["wrong"] += sum(deal != wanted and deal not in also for deal in guess.deals)
        counts["missed"] += bool(wanted) and not right and "null:opportunity" not in also
        broken += sum(link in label.get("must_not", ()) for link in (guess.person, guess.account, *guess.deals))
    return counts, broken


def ours(folder: Path) -> list[dict[str, Any]]:
    return list(rehearse(folder, EVAL / "context.json", EVAL / "crm.json"))


def linking_table(folder: Path) -> str:
    """Links to deals, ours and those of each baseline."""
    labels, messages = labels_of(folder), read_mail(folder)
    records = json.loads((EVAL / "crm.json").read_text(encoding="utf-8"))
    said = {line["file"]: line for line in ours(folder)}
    found = {
        "Hitchpost": {
            name: Guess(line.get("person"), line.get("account"), tuple(filter(None, [line.get("opportunity")])))
            for name, line in said.items()
        },
        **{name: guesses(strategy, Crm.of(records), messages) for name, strategy in STRATEGIES.items()},
    }
    return markdown(
        ("filing", "precision, deals", "recall, deals", "links that must never be"),
        [(name, *_shares(*tally(labels, links))) for name, links in found.items()],
    )


def _shares(counts: Counter[str], broken: int) -> tuple[str, str, str]:
    made, wanted = counts["right"] + counts["wrong"], counts["right"] + counts["missed"]
    return _percent(counts["right"] / made) if made else "none made", _percent(counts["right"] / wanted), str(broken)


def _percent(share: float) -> str:
    return f"{100 * share:.1f} %"


def judging_tables(folder: Path) -> list[str]:
    """Leads and verdicts, ours beside the headers alone; then by verdict, by language, by field."""
    mine, headers = score("judge", folder, ours(folder)), score("judge", folder, judged_by_headers(folder))
    whole = [
        (name, *(_percent(figures[key]) for key in ("precision", "recall", "f1", "verdict_accuracy")))
        for name, figures in (("Hitchpost", mine), ("headers only", headers))
    ]
    right: Counter[str] = Counter()
    wanted: Counter[str] = Counter()
    for pair, count in mine["confusion"].items():
        label, _, said = pair.partition(">")
        wanted[label] += count
        right[label] += count * (label == said)
    verdicts = [(kind, f"{right[kind]} of {wanted[kind]}") for kind in sorted(wanted)]
    languages = [
        (name, str(each["n"]), *(_percent(each[key]) for key in ("precision", "recall", "f1")))
        for name, each in mine["language"].items()
    ]
    fields = [
        (name, str(each.get("labelled", 0)), _percent(each["accuracy_found"])) for name, each in mine["fields"].items()
    ]
    return [
        markdown(("judging", "lead precision", "lead recall", "lead F1", "verdict right"), whole),
        markdown(("verdict", "right"), verdicts),
        markdown(("language", "messages", "lead precision", "lead recall", "lead F1"), languages),
        markdown(("field", "stated", "right where a lead was found"), fields),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("half", nargs="?", type=Path, default=EVAL / "dev")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    link = score("link", arguments.half / "link", ours(arguments.half / "link"))
    slots = [
        (slot, *(_percent(link[slot][key]) for key in ("precision", "recall")))
        for slot in ("person", "account", "opportunity")
    ]
    parts = [
        *judging_tables(arguments.half / "judge"),
        markdown(("linking", "precision", "recall"), slots),
        linking_table(arguments.half / "link"),
        *asking_tables(arguments.half / "link", EVAL),
    ]
    text = "\n\n".join(parts)
    print(text)
    if arguments.write:
        given = "" if arguments.half == EVAL / "dev" else f" {arguments.half}"
        write_between(PROJECT / "docs" / "judgement.md", f"python -m benchmarks.judgement{given} --write", text)


if __name__ == "__main__":
    main()
