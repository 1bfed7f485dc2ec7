"""A person's own editor on a text: the screen steps aside until it is closed."""

from __future__ import annotations

import os
import shlex
import subprocess
import tempfile
from pathlib import Path

from textual.app import App, SuspendNotSupported

from crm_model.errors import HitchpostError
from tui.words import say


def edited_text(app: App[object], text: str) -> str:
    """The text as $VISUAL or $EDITOR left it. Errors: HitchpostError where there is none, or where it failed."""
    command = os.environ.get("VISUAL") or os.environ.get("EDITOR") or ""
    try:
        words = shlex.split(command)
    except ValueError as error:
        raise HitchpostError(say("$EDITOR can't be read as a command; mend its quotes.")) from error
    if not words:
        raise HitchpostError(say("Set $EDITOR to your editor's command; until then write here."))
    with tempfile.TemporaryDirectory(prefix="hitchpost-") as folder:  # readable by nobody else
        path = Path(folder) / "mail.txt"
        path.write_text(text, encoding="utf-8")
        try:
            with app.suspend():
                code = subprocess.run([*words, str(path)], check=False).returncode  # noqa: S603 - the person's own
        except SuspendNotSupported as error:
            raise HitchpostError(say("This terminal can't be handed to an editor; write here.")) from error
        except OSError as error:
            raise HitchpostError(
                say("$EDITOR ({command}) can't be started: {reason}.", command=words[0], reason=error.strerror)
            ) from error
        if code:
            raise HitchpostError(say("The editor ended with exit code {code}: the text is as it was.", code=code))
        try:
            return path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise HitchpostError(say("What the editor left is no UTF-8 text: the text is as it was.")) from error
