"""What went wrong, as one sentence on stderr and an exit code: 1 something failed, 2 wrong use or configuration."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

from crm_model.errors import ConfigError, HitchpostError
from crm_model.safe_text import safe_line

FAILED = 1
WRONG_USE = 2
INTERRUPTED = 130


def run_and_exit(command: Callable[[], object]) -> None:
    """Run the command line and leave with its exit code; a traceback is shown only with HITCHPOST_DEBUG set."""
    _open_missing_streams()
    unread = next(filter(_is_unreadable, sys.argv[1:]), None)
    if unread is not None:
        problem = f"“{safe_line(unread)}” is not UTF-8 and names no file: type it in a terminal that is set to UTF-8"
        _leave(problem, WRONG_USE, ConfigError(problem))
    try:
        command()
    except HitchpostError as error:
        _leave(str(error), WRONG_USE if isinstance(error, ConfigError) else FAILED, error)
    except KeyboardInterrupt as error:
        _leave("stopped", INTERRUPTED, error)
    except BrokenPipeError:
        # Who read us has enough (`hitchpost threads | head`); nothing may be flushed to it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except OSError as error:
        _leave(_refusal(error), FAILED, error)
    except Exception as error:  # the edge of the program: a bug ends as a sentence, not as a page of code
        _leave(f"this is a bug in hitchpost ({type(error).__name__}); HITCHPOST_DEBUG=1 shows where", FAILED, error)


def sentence(error: BaseException) -> str:
    """An error for a person: one line, nothing in it can steer a terminal."""
    return safe_line(str(error)) or type(error).__name__


def _is_unreadable(argument: str) -> bool:
    """Whether an argument is bytes that are no text; names of files may be such, and only those can be used."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return not os.path.lexists(argument.partition("=")[2] if argument.startswith("--") else argument)
    return False


def _open_missing_streams() -> None:
    """A service manager or `>&-` may have closed them; Python then has None in their place."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: PTH123, SIM115  # for the whole run


def _refusal(error: OSError) -> str:
    """What the system refused, as a sentence; a full disk under a redirected output is the commonest."""
    where = f" at {error.filename}" if error.filename else " while writing the output"
    return f"the system refused{where}: {error.strerror or type(error).__name__}"


def _leave(problem: str, code: int, error: BaseException) -> None:
    if os.environ.get("HITCHPOST_DEBUG"):
        raise error
    sys.stderr.write(f"hitchpost: {safe_line(problem)}\n")
    sys.exit(code)
