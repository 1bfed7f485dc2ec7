"""Messages read per CPU second: `python benchmarks/parsing.py [FOLDER ...]` adds mails of your own to the made ones."""

from __future__ import annotations

import base64
import random
import sys
import time
from collections.abc import Callable
from email import message_from_bytes
from email.policy import compat32, default
from pathlib import Path

import mailparser

from agent.parse import parse_message
from crm_model.mail import RawMessage

SECONDS = 2.0
WORDS = ("offer", "price", "delivery", "project", "meeting", "invoice", "drawing", "please", "pump", "tilbud", "møte")


def prose(chance: random.Random, size: int) -> str:
    lines, total = [], 0
    while total < size:
        lines.append(" ".join(chance.choices(WORDS, k=11)))
        total += len(lines[-1])
    return "\n".join(lines)


def head(number: int, chance: random.Random) -> str:
    hops = "".join(
        f"Received: from mx{hop}.example.org (mx{hop}.example.org [192.0.2.{hop}])\n"
        f"\tby mail.example.net (Postfix) with ESMTPS id {chance.getrandbits(48):012X}\n"
        f"\tfor <user@example.net>; Mon,  6 May 2024 10:0{hop}:00 +0200 (CEST)\n"
        for hop in range(5)
    )
    signature = base64.b64encode(chance.randbytes(256)).decode()
    references = "\n ".join(f"<{number}.{step}.{chance.getrandbits(64)}@example.org>" for step in range(6))
    return (
        f"{hops}DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=mail;\n\tb={signature}\n"
        f"From: =?utf-8?q?K=C3=A5re_{number}?= <person{number % 400}@example.org>\n"
        f"To: list@example.net, Someone Else <someone{number}@example.com>\nCc: other@example.net\n"
        f"Subject: Re: [list] {' '.join(chance.choices(WORDS, k=6))}\nDate: Mon, 6 May 2024 10:00:00 +0200\n"
        f"Message-ID: <{number}.{chance.getrandbits(64)}@example.org>\nIn-Reply-To: <{number}@example.org>\n"
        f"References: {references}\nMIME-Version: 1.0\nList-Id: <list.example.net>\nPrecedence: list\n"
        f"List-Unsubscribe: <https://example.net/leave>,\n <mailto:leave@example.net>\nX-Mailer: Some Mailer 1.0\n"
    )


def list_mail(number: int, chance: random.Random) -> bytes:
    body = prose(chance, 7300)
    return f"{head(number, chance)}Content-Type: text/plain; charset=utf-8\n\n{body}\n".encode()


def business_mail(number: int, chance: random.Random) -> bytes:
    text = prose(chance, 3000)
    paragraphs = "".join(
        f"<p class=MsoNormal><span style='font-size:11pt'>{line}</span></p>" for line in text.split("\n")
    )
    html = f"<html><head><style>{'p {margin:0} ' * 200}</style></head><body><div>{paragraphs}</div></body></html>"
    attached = base64.encodebytes(chance.randbytes(25_500)).decode()
    return (
        f"{head(number, chance)}Content-Type: multipart/mixed; boundary=aa\n\n--aa\n"
        "Content-Type: multipart/alternative; boundary=bb\n\n--bb\nContent-Type: text/plain; charset=utf-8\n\n"
        f"{'' if number % 3 == 0 else text}\n--bb\nContent-Type: text/html; charset=utf-8\n\n{html}\n--bb--\n--aa\n"
        'Content-Type: application/pdf; name="offer.pdf"\nContent-Disposition: attachment; filename="offer.pdf"\n'
        f"Content-Transfer-Encoding: base64\n\n{attached}\n--aa--\n"
    ).encode()


READERS: dict[str, Callable[[bytes], object]] = {
    "parse_message": lambda data: parse_message(RawMessage("1", data, len(data))),
    "compat32": lambda data: message_from_bytes(data, policy=compat32),
    "mail-parser": mailparser.parse_from_bytes,
    "policy.default": lambda data: message_from_bytes(data, policy=default).get("from"),
}


def rate(read: Callable[[bytes], object], mails: list[bytes]) -> float:
    """Messages per CPU second over `SECONDS` of work."""
    done, started = 0, time.process_time()
    while (spent := time.process_time() - started) < SECONDS:
        for data in mails[done % len(mails) :][:50]:
            try:
                read(data)
            except Exception as error:  # others give up on some mails: these count too
                del error
            done += 1
    return done / spent


def main() -> None:
    chance = random.Random(1)
    kinds = {
        "list": [list_mail(number, chance) for number in range(500)],
        "business": [business_mail(number, chance) for number in range(300)],
    }
    for folder in sys.argv[1:]:
        kinds[folder] = [path.read_bytes() for path in sorted(Path(folder).rglob("*")) if path.is_file()][:3000]
    for kind, mails in kinds.items():
        size = sum(map(len, mails)) / len(mails) / 1000
        for name, read in READERS.items():
            print(f"{kind:>10} {size:5.1f} kB  {name:<17} {rate(read, mails):8.0f} msg/s")


if __name__ == "__main__":
    main()
