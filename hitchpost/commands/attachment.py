"""`hitchpost attachment`: an attachment fetched from its mailbox into a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hitchpost.output import print_json, print_line
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store


def attachment(
    context: typer.Context,
    *,
    message: Annotated[int, typer.Argument(help="The message's id, as `hitchpost thread` shows it.")],
    part: Annotated[str, typer.Argument(help="The attachment's number, shown there too.")],
    to: Annotated[Path, typer.Option("--to", help="The folder to write it to.")] = Path(),
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Fetch an attachment from its mailbox and write it to a file; an existing file is left alone.

    Example: hitchpost attachment 1204 2 --to ~/Downloads
    """
    from agent.attachments import fetch_attachment

    settings = load_settings(context, config)
    with opened_store(settings) as store:
        fetched = fetch_attachment(store, settings.mail_accounts, message, part)
    name = fetched.attachment.name.lstrip(".") or f"attachment-{message}-{part}"
    path = _free(to.expanduser(), name)
    path.write_bytes(fetched.data)
    if as_json:
        print_json({"path": str(path), "bytes": len(fetched.data)})
    else:
        print_line(f"{path}: {len(fetched.data):,} bytes")


def _free(folder: Path, name: str) -> Path:
    """The name there, with a number where it is taken."""
    path, number = folder / name, 1
    while path.exists():
        number += 1
        path = folder / f"{Path(name).stem} ({number}){Path(name).suffix}"
    return path
