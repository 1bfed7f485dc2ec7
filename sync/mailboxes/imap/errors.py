"""What an IMAP server's refusals mean for us (RFC 5530 response codes, and the words of servers without them)."""

from __future__ import annotations

import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator

from imapclient.exceptions import LoginError

from crm_model.errors import Busy, ConfigError, HitchpostError, LoginNeeded, RateLimited, Unreachable
from crm_model.safe_text import safe_line

_REPR = re.compile(r"\[b(['\"])(.*)\1\]$", re.DOTALL)
_LATER = ("[unavailable]", "[serverbug]", "temporarily unavailable", "try again later", "not connected")
_LIMITED = ("[limit]", "too many", "rate limit", "maximum number of connections", "[overquota]")
_GONE = ("[nonexistent]", "doesn't exist", "does not exist", "unknown mailbox", "no such mailbox", "not found")
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE", "UNSUPPORTED_PROTOCOL")
_WORDS, _HEARD = 200, 4_000


class Refused(Busy):
    """The server said NO or BAD to a command; `answer` is its text. Unless the caller knows better: try later."""

    def __init__(self, answer: str) -> None:
        super().__init__(f"The mail server refused: {answer}" if answer else "The mail server refused a command.")
        self.answer = answer

    @property
    def folder_is_gone(self) -> bool:
        return any(word in self.answer.lower() for word in _GONE)


def server_text(error: BaseException | bytes) -> str:
    """What the server said, harmless and short, for a person ([ALERT] must be shown, RFC 3501 7.1)."""
    said = error
    if isinstance(error, BaseException):
        cause = error.__context__ if isinstance(error, LoginError) else None  # imapclient makes a repr of it
        said = next(iter((cause or error).args), b"")
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    found = _REPR.search(text[:_HEARD])
    return safe_line(found[2] if found else text[:_HEARD])[:_WORDS]


@contextlib.contextmanager
def our_errors(account: str, host: str) -> Iterator[None]:
    """Errors of imapclient, imaplib and the socket become ours."""
    try:
        yield
    except HitchpostError:
        raise
    except LoginError as error:
        if isinstance(
            error.__context__, imaplib.IMAP4.abort
        ):  # imapclient takes a lost connection for a wrong password
            raise _connection_error(error, host) from error
        raise _login_error(server_text(error), account, host) from error
    except imaplib.IMAP4.abort as error:
        raise _connection_error(error, host) from error
    except imaplib.IMAP4.error as error:
        raise passing_trouble(server_text(error)) or Refused(server_text(error)) from error
    except (OSError, EOFError) as error:
        raise _network_error(error, host) from error
    except ValueError as error:  # imaplib met bytes that it can't read, or a closed file
        raise Unreachable(f"{host} answered what is no IMAP; it will be tried again.") from error


def _login_error(text: str, account: str, host: str) -> HitchpostError:
    if "logindisabled" in text.lower() or "plaintext auth" in text.lower():
        return ConfigError(f"{host} takes no password without TLS; set tls to “starttls” or “tls”.", key="tls")
    return passing_trouble(text) or LoginNeeded(
        f"{host} refused the sign-in for {account} ({text}). Check user and password"
        " (some providers want an app password).",
        account=account,
    )


def _connection_error(error: Exception, host: str) -> HitchpostError:
    text = server_text(error)
    return passing_trouble(text) or Unreachable(f"{host} ended the connection ({text}); it will be tried again.")


def passing_trouble(text: str) -> HitchpostError | None:
    """The TryLater that this text stands for, if it does."""
    lowered = text.lower()
    if "[inuse]" in lowered:
        return Busy(f"The mailbox is in use: {text}")
    if any(word in lowered for word in _LIMITED):
        return RateLimited(f"The mail server asks for fewer connections or calls: {text}")
    if any(word in lowered for word in _LATER):
        return Unreachable(f"The mail server is not available now: {text}")
    return None


def _network_error(error: OSError | EOFError, host: str) -> HitchpostError:
    if isinstance(error, ssl.SSLCertVerificationError):
        return ConfigError(
            f"the certificate of {host} is not trusted ({error.verify_message}); if that server is yours,"
            " name the file of its authority in ca_file.",
            key="ca_file",
        )
    if isinstance(error, ssl.SSLError) and error.reason in _NO_TLS:
        return ConfigError(
            f"{host} speaks no TLS on this port ({error.reason or error}); check port and tls.", key="tls"
        )
    if isinstance(error, socket.gaierror):
        return Unreachable(f"The name {host} is not known; check its spelling and the network.")
    if isinstance(error, TimeoutError):
        return Unreachable(f"{host} did not answer in time; it will be tried again.")
    return Unreachable(
        f"{host} can't be reached ({getattr(error, 'strerror', None) or error}); it will be tried again."
    )
