"""The message inside a forward: out of a message/rfc822 part, or out of the header block that a program wrote."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from agent.judging.lexicon import any_of
from crm_model.mail import Address, Message
from crm_model.organisation import Organisation
from sync.quote_words import WROTE

_LINE_LIMIT = 400
_LINES_LIMIT = 1500
_BLOCK_LINES = 9

_HEADER = re.compile(
    rf"^[\s>*_|]*(?:(?P<from>{any_of('from_label', escape=True)})|(?P<subject>{any_of('subject_label', escape=True)})"
    rf"|(?P<date>{any_of('date_label', escape=True)})|(?P<to>{any_of('to_label', escape=True)}))"
    r"[ \u00a0]?\*?\s*[:：]\*?\s*(?P<value>.*)$",
    re.I,
)
_EMAIL = re.compile(r"[\w.+'-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_QUOTE = re.compile(r"^(?:> ?|\| ?)")
_RULED = re.compile(r"^[\s>]*-{4,}\s[^-]{3,60}\s-{4,}\s+(?=\S)")
_LABELS = "|".join(any_of(f"{name}_label", escape=True) for name in ("from", "subject", "date", "to"))
_GLUED = re.compile(rf"(?:{_LABELS})\s?[:：]\s", re.I)
_SENTENCE = re.compile(rf"^\ufeff?(?=.{{0,250}}\d)(?P<sender>.{{0,250}}?[<(]{_EMAIL.pattern}[>)]+).{{0,80}}[:：]\s*$")
_WROTE = re.compile(rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, WROTE), key=len, reverse=True))})(?!\w)", re.I)
_BEFORE_NAME = re.compile(
    r"^.*(?:\d[\d.:]*+,?|skrev|schrieb|heeft|użytkownik|пользователь|používateľ|időpontban)\s+", re.I
)
_FORWARDED = re.compile(
    r"^\s*(?:fwd?|fw|vs|vb|i|tr|wg|rv|enc|пересл|пер|pd|videresendt|vidarebefordrat|weitergeleitet)\s*:", re.I
)


@dataclass(slots=True)
class Block:
    """One quoted message: its author, subject and the lines under its header block."""

    sender: Address
    subject: str = ""
    lines: list[str] = field(default_factory=list)


def inner_message(message: Message, organisation: Organisation) -> Message | None:
    """What a colleague passes on, as a message of its outside author; None if this is no forward of such."""
    for embedded in message.embedded:
        if embedded.from_ is None or not organisation.is_own(embedded.from_.email):
            return embedded
        deeper = inner_message(embedded, organisation)
        if deeper is not None:
            return deeper
    block = choose(find_blocks(message.text) or find_sentence(message.text), organisation)
    if block is None:
        return None
    return replace(
        message,
        from_=block.sender,
        subject=block.subject or message.subject,
        text="\n".join(block.lines).strip(),
        html="",
        reply_to=(),
        to=(),
        cc=(),
        bcc=(),
        headers={},
        references=(),
        in_reply_to=(),
        embedded=(),
        content_types=(),
    )


def choose(blocks: list[Block], organisation: Organisation) -> Block | None:
    """The outside author to answer: the first, or a deeper one if the first only passed it on."""
    names = {name.casefold() for name, _ in organisation.colleagues}
    outside = [
        block
        for block in blocks
        if not (
            organisation.is_own(block.sender.email) if block.sender.email else block.sender.name.casefold() in names
        )
    ]
    if not outside:
        return None
    chosen = 0
    while chosen + 1 < len(outside) and _FORWARDED.match(outside[chosen].subject):
        chosen += 1
    return outside[chosen]


def find_blocks(text: str) -> list[Block]:
    """Every header block with a sender, the outermost first; each with the lines until the next one."""
    blocks: list[Block] = []
    lines = [line for long in text.splitlines()[:_LINES_LIMIT] for line in _unglued(long)]
    at = 0
    while at < len(lines):
        block, end = _read_block(lines, at)
        if block is not None:
            blocks.append(block)
            at = end
            continue
        if blocks:
            blocks[-1].lines.append(_QUOTE.sub("", lines[at]))
        at += 1
    return [block for block in blocks if block.sender.email or block.sender.name]


def find_sentence(text: str) -> list[Block]:
    """The message behind a line `On DATE, NAME <ADDRESS> wrote:`: all that the mail program of Outlook 2019 gives."""
    lines = [line[:_LINE_LIMIT] for line in text.splitlines()[:_LINES_LIMIT]]
    for at, line in enumerate(lines):
        match = _SENTENCE.match(line) if line.rstrip().endswith((":", "：")) else None
        if match is not None and _WROTE.search(line):
            value = _BEFORE_NAME.sub("", match["sender"].lstrip("\ufeff"))
            return [Block(read_sender(value), "", [_QUOTE.sub("", below.strip()) for below in lines[at + 1 :]])]
    return []


def _unglued(line: str) -> list[str]:
    """A line as it is; one of Yahoo's, a ruler and all headers in one, as a line for each header."""
    if _RULED.match(line[:_LINE_LIMIT]) is None:
        return [line[:_LINE_LIMIT]]
    rest = _RULED.sub("", line[: 3 * _LINE_LIMIT])
    starts = [match.start() for match in _GLUED.finditer(rest)]
    return [rest[here:there][:_LINE_LIMIT] for here, there in zip(starts, [*starts[1:], len(rest)], strict=True)]


def _read_block(lines: list[str], at: int) -> tuple[Block | None, int]:
    """A header block that starts at a line: a sender and at least one other header within a few lines."""
    first = _HEADER.match(lines[at]) if ":" in lines[at] or "：" in lines[at] else None
    if first is None or (first["from"] is None and first["subject"] is None and first["date"] is None):
        return None, at
    found: dict[str, str] = {}
    last = ""
    end = at
    while end < len(lines) and end - at < _BLOCK_LINES:
        line = lines[end]
        header = _HEADER.match(line)
        if header is None:
            if not line.strip(" >*_|") or not last or len(found) > 3:
                break
            found[last] += " " + line.strip(" >\t")
        else:
            last = next(name for name in ("from", "subject", "date", "to") if header[name] is not None)
            found.setdefault(last, header["value"].strip())
        end += 1
    if "from" not in found or len(found) < 2 or not ({"subject", "date"} & set(found)):
        return None, at
    sender = read_sender(found["from"])
    return Block(sender, found.get("subject", "")), end


def read_sender(value: str) -> Address:
    """`Name <a@b>`, `Name [mailto:a@b]`, `a@b <mailto:a@b>`, `"Last, First" <a@b>`, a bare address or name."""
    match = _EMAIL.search(value)
    email = match.group().lower() if match else ""
    name = value[: match.start()] if match else value
    name = re.sub(r"(?i)mailto:", "", name).strip(" <>[]()*'\"“”«»\t")
    return Address(email, "" if "@" in name else name)
