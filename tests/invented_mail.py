"""The invented letters under `tests/invented`: one file per verdict, read as messages to an invented agency.

A letter begins with `## language | sender | subject | flags`. Flags: `re` answers us, `known` sender in the CRM,
`to=name` a colleague instead of the shared address, `att=name` an attachment, `bulk` a header of mass mail.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from agent.judging import JudgeContext
from crm_model.links import VerdictKind
from crm_model.mail import Address, Attachment, Direction, Message
from crm_model.organisation import Organisation

FOLDER = Path(__file__).parent / "invented"
_NAMES = ("ingrid", "marius", "johanna", "elena", "dmitri")
AGENCY = Organisation(
    name="Nordvik Digital AS",
    domains=frozenset({"nordvik.example"}),
    colleagues=tuple((name.title(), f"{name}@nordvik.example") for name in _NAMES),
    services=("web sites", "web shops", "booking systems", "labelling equipment"),
    default_region="NO",
)


@dataclass(frozen=True, slots=True)
class Letter:
    """A message with what it is, in which language, and what the store knows of it."""

    kind: VerdictKind
    language: str
    message: Message
    context: JudgeContext

    def __str__(self) -> str:
        return f"{self.kind.value}-{self.language}-{self.message.subject[:30]}"


def read_letters() -> Iterator[Letter]:
    """Every letter of every file, in order."""
    for file in sorted(FOLDER.glob("*.txt")):
        for part in file.read_text(encoding="utf-8").split("\n## ")[0:]:
            yield _letter(VerdictKind(file.stem), part.removeprefix("## "))


def _letter(kind: VerdictKind, part: str) -> Letter:
    head, _, text = part.partition("\n")
    language, sender, subject, *more = (cell.strip() for cell in head.split("|"))
    # The flags may stand at the end of the text as well, where a letter is one paragraph.
    text, _, behind = text.rstrip().partition(" | ")
    flags = dict(flag.partition("=")[::2] for flag in " ".join([*more, behind]).split())
    name = sender.partition("@")[0].replace(".", " ").title() if "." in sender.partition("@")[0] else ""
    attachments = (Attachment(flags["att"], "application/octet-stream", 900, "2"),) if "att" in flags else ()
    to = flags.get("to", "sales")
    message = Message(
        key=f"{sender}{subject}",
        message_id=f"1@{sender.partition('@')[2]}",
        subject=subject,
        from_=Address(sender, name),
        to=(Address(f"{to}@nordvik.example"),),
        text=text,
        attachments=attachments,
        headers={"list-unsubscribe": ("<mailto:x@x.example>",)} if "bulk" in flags else {},
    )
    return Letter(kind, language, message, JudgeContext(Direction.INCOMING, "re" in flags, "known" in flags))
