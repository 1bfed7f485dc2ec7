"""Fit the weights of judging to labelled mail, and say how good they are on mail that they were not fitted to.

    python -m benchmarks.judgement_fit [--set FOLDER ...] [--junk FOLDER ...] [--write] [--errors]

Labelled mail is `tests/invented`, `tests/corpus/letters/known`, the development half of `../shared/eval`, and each
FOLDER with a `labels.jsonl`. Junk is real mail of which nothing is known but that it is no enquiry. Multinomial
logistic regression with L2, letter by letter; ten folds for the figures, then one fit to everything for `--write`.
"""

from __future__ import annotations

import argparse
import json
import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from agent.decide import direction_of
from agent.judging import JudgeContext
from agent.judging.evidence import Evidence
from agent.judging.rules import RULES, content, web_form
from agent.judging.signs import signs_of
from agent.judging.weighing import KINDS, Weights, shares
from agent.parse import parse_message
from agent.rehearsal import read_organisation
from crm_model.errors import BadMessage
from crm_model.links import Verdict, VerdictKind
from crm_model.mail import Direction, MailboxRole, Message, RawMessage
from crm_model.organisation import Organisation
from tests.invented_mail import AGENCY, read_letters

PROJECT = Path(__file__).parents[1]
EVAL = PROJECT.parent / "shared" / "eval"
KNOWN = PROJECT / "tests" / "corpus" / "letters" / "known" / "judge"
WEIGHTS = PROJECT / "agent" / "judging" / "data" / "weights.toml"
_FOLDS, _ROUNDS, _RATE, _DECAY, _CALM = 10, 15, 0.3, 0.004, 1.0
_UNSOUGHT = frozenset(kind for kind in KINDS if kind is not VerdictKind.ENQUIRY)
_OF_CUSTOMERS = frozenset((VerdictKind.OTHER, VerdictKind.ENQUIRY, VerdictKind.SUPPORT))
_FROM_FORM = {VerdictKind.WEB_FORM, VerdictKind.FORWARDED_ENQUIRY}
_JUNK_SHARE = 0.25  # what one junk message counts beside a labelled one


@dataclass(frozen=True, slots=True)
class Sample:
    """What a message shows, which verdicts are right, how much it counts, and how to name it."""

    signs: Mapping[str, float]
    right: frozenset[VerdictKind]
    weight: float
    name: str
    language: str


def weighed(mail: Evidence) -> bool:
    """Whether no gate takes a message, so that its content is weighed."""
    return all(rule(mail) is None for rule in RULES if rule is not content.check)


def no_judge(message: Message, organisation: Organisation) -> Verdict:
    raise AssertionError("a gate asked for the message inside another")


def invented() -> Iterator[Sample]:
    for letter in read_letters():
        mail = Evidence(letter.message, AGENCY, letter.context, no_judge)
        if weighed(mail):
            yield Sample(signs_of(mail), frozenset((letter.kind,)), 1.0, f"{letter}", letter.language)


def labelled(folder: Path) -> Iterator[Sample]:
    organisation = read_organisation(EVAL / "context.json")
    for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        data = (folder / label["file"]).read_bytes()
        message = parse_message(RawMessage(label["file"], data, len(data)))
        right = {VerdictKind(kind) for kind in (label["verdict"], *label.get("verdict_any", ()))}
        found = content_of(message, organisation)
        if found is None:
            continue
        if right & _FROM_FORM:
            right = {VerdictKind.ENQUIRY} if label["creates_lead"] else right - _FROM_FORM
        right &= set(KINDS)
        if right:
            yield Sample(
                signs_of(found), frozenset(right), 1.0, f"{folder.parent.name}/{label['file']}", label["language"]
            )


def about_deals(folder: Path) -> Iterator[Sample]:
    """Mail of people with a deal: nobody says what it is, but it neither sells nor cheats nor seeks work."""
    organisation = read_organisation(EVAL / "context.json")
    for line in (folder / "labels.jsonl").read_text(encoding="utf-8").splitlines():
        label = json.loads(line)
        if not (label["opportunity"] and label["person"]):
            continue
        data = (folder / label["file"]).read_bytes()
        message = parse_message(RawMessage(label["file"], data, len(data)))
        found = content_of(message, organisation, known=True)
        if found is not None:
            yield Sample(signs_of(found), _OF_CUSTOMERS, 0.5, f"{folder}/{label['file']}", label["language"])


def content_of(message: Message, organisation: Organisation, known: bool = False) -> Evidence | None:
    """The letter to be weighed: the message, what was typed into a form, or what a colleague passes on."""
    context = JudgeContext(direction_of(message, MailboxRole.INBOX, organisation), False, known)
    mail = Evidence(message, organisation, context, no_judge)
    if mail.from_us and mail.sender not in organisation.form_senders:
        return mail.seen_as(mail.inner) if mail.inner is not None and mail.ours_only() else None
    typed = web_form.typed_message(mail)
    if typed is not None:
        return mail.seen_as(typed)
    return mail if weighed(mail) else None


def junk(folder: Path) -> Iterator[Sample]:
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix in (".eml", ".txt", "")]
    for path in files[::5]:  # the others are for the test
        data = path.read_bytes()
        try:
            message = parse_message(RawMessage(path.name, data, len(data)))
        except BadMessage:
            continue
        mail = Evidence(message, AGENCY, JudgeContext(Direction.INCOMING, False, False), no_judge)
        if weighed(mail):
            yield Sample(signs_of(mail), _UNSOUGHT, _JUNK_SHARE, f"junk/{path.name}", "junk")


def fit(samples: Sequence[Sample], rounds: int = _ROUNDS) -> Weights:
    """Weights that make the right verdicts likely: AdaGrad letter by letter; L2 keeps those of rare signs small."""
    signs = sorted({sign for sample in samples for sign in sample.signs})
    place = {sign: index for index, sign in enumerate(signs)}
    rows = [[0.0] * len(KINDS) for _ in signs]
    pace = [[_CALM] * len(KINDS) for _ in signs]
    plain = [
        (
            [(place[sign], strength) for sign, strength in sample.signs.items()],
            [k in sample.right for k in KINDS],
            sample,
        )
        for sample in samples
    ]
    chance = random.Random(3)
    for _ in range(rounds):
        chance.shuffle(plain)
        for shown, right, sample in plain:
            pushes = _pushes(rows, shown, right)
            for index, strength in shown:
                row, speed, decay = rows[index], pace[index], (_DECAY if index != place["always"] else 0.0)
                for kind, push in enumerate(pushes):
                    step = push * strength * sample.weight - decay * row[kind]
                    speed[kind] += step * step
                    row[kind] += _RATE * step / math.sqrt(speed[kind])
    return {sign: rows[index] for sign, index in place.items()}


def _pushes(rows: list[list[float]], shown: list[tuple[int, float]], right: list[bool]) -> list[float]:
    """What each verdict's points lack: the right ones' share of one less what they have."""
    points = [sum(rows[index][kind] * strength for index, strength in shown) for kind in range(len(KINDS))]
    top = max(points)
    raised = [math.exp(value - top) for value in points]
    total = sum(raised)
    mass = sum(value for value, good in zip(raised, right, strict=True) if good)
    return [(value / mass if good else 0.0) - value / total for value, good in zip(raised, right, strict=True)]


def verdict(sample: Sample, table: Weights) -> tuple[VerdictKind, float]:
    given = shares(sample.signs, table)
    kind = max(given, key=lambda each: given[each])
    return kind, given[kind]


def validate(samples: Sequence[Sample], errors: bool) -> None:
    """Ten folds: accuracy by verdict and language, precision and recall of enquiries, reliability."""
    order = list(range(len(samples)))
    random.Random(7).shuffle(order)
    right: Counter[str] = Counter()
    count: Counter[str] = Counter()
    bins: dict[int, list[bool]] = defaultdict(list)
    for fold in range(_FOLDS):
        held = set(order[fold::_FOLDS])
        table = fit([sample for place, sample in enumerate(samples) if place not in held])
        for place in sorted(held):
            sample = samples[place]
            kind, odds = verdict(sample, table)
            good = kind in sample.right
            name = "junk" if sample.right == _UNSOUGHT else "/".join(sorted(sample.right))
            for key in (name, sample.language, "all"):
                count[key] += 1
                right[key] += good
            lead = sample.right == {VerdictKind.ENQUIRY}
            count["lead called"] += kind is VerdictKind.ENQUIRY and (lead or VerdictKind.ENQUIRY not in sample.right)
            right["lead called"] += lead and kind is VerdictKind.ENQUIRY
            count["lead"] += lead
            right["lead"] += lead and kind is VerdictKind.ENQUIRY
            bins[min(9, int(odds * 10))].append(good)
            if errors and not good and name != "junk":
                print(f"  {sample.name}: {kind.value} {odds:.2f}  {sorted(sample.signs)}"[:400])
    for key in sorted(count):
        print(f"{key:40} {right[key]:4} of {count[key]:4}  {100 * right[key] / max(1, count[key]):5.1f} %")
    for each in sorted(bins):
        print(f"said {each / 10:.1f}: right {100 * sum(bins[each]) / len(bins[each]):5.1f} % of {len(bins[each])}")


def write(table: Weights) -> None:
    lines = [
        "# Points for each verdict by sign; fitted by `python -m benchmarks.judgement_fit --write`, not by hand.\n"
    ]
    for sign in sorted(table):
        row = {kind: round(weight, 2) for kind, weight in zip(KINDS, table[sign], strict=True) if abs(weight) >= 0.05}
        if row:
            lines.append(f"{sign} = {{ {', '.join(f'{kind.value} = {weight}' for kind, weight in row.items())} }}\n")
    WEIGHTS.write_text("".join(lines), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--set", type=Path, action="append", default=[])
    parser.add_argument("--junk", type=Path, action="append", default=[])
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--errors", action="store_true")
    parser.add_argument("--quick", action="store_true", help="no folds")
    arguments = parser.parse_args()
    samples = [*invented()]
    for folder in (EVAL / "dev" / "judge", KNOWN, *arguments.set):
        samples += labelled(folder)
        if (folder.parent / "link").is_dir():
            samples += about_deals(folder.parent / "link")
    for folder in arguments.junk:
        samples += junk(folder)
    print(len(samples), "letters", len({sign for sample in samples for sign in sample.signs}), "signs")
    if not arguments.quick:
        validate(samples, arguments.errors)
    if arguments.write:
        write(fit(samples))


if __name__ == "__main__":
    main()
