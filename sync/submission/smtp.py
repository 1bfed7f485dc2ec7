"""Mail submission by SMTP (RFC 6409): over TLS, with a password or a token, and with a known point of no return.

EHLO, STARTTLS, AUTH ─ MAIL ─ RCPT… ─ DATA ─ the text ─ handing_over() ─ "." ─ 250
"""

from __future__ import annotations

import contextlib
import ipaddress
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path

from crm_model.errors import ConfigError, HitchpostError, NotSupported, Rejected, TryLater, Unreachable
from crm_model.options import Connection
from sync.submission.contract import HandingOver, InDoubt, OutgoingMail, Submission, Submitted
from sync.submission.smtp_answers import Answer, read_answer, refusal_of, reply_error
from sync.submission.smtp_login import sign_in

CONNECT_SECONDS, ANSWER_SECONDS = 20, 300
"""RFC 5321, section 4.5.3.2, wants five minutes of patience, ten after the final dot."""

_SHORTEST_DEADLINE, _SLOWEST_LINE = 300, 10_000
"""Seconds for a whole mail, and the bytes per second of a line that is still worth waiting for."""

_PORTS = {"tls": 465, "starttls": 587, "none": 25}
_DOT = b"\r\n.\r\n"


class SmtpSubmission(Submission):
    """One signed-in connection, made by the first mail; one that broke is made anew by the next."""

    def __init__(self, connection: Connection, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._connection, self._patience = connection, answer_seconds
        self._host = connection.text("smtp_host")
        self._tls = connection.text("smtp_tls") or "tls"
        self._smtp: smtplib.SMTP | None = None
        if (
            self._tls == "none"
            and not _is_loopback(self._host)
            and connection.options.get("allow_plain_text") is not True
        ):
            raise ConfigError(
                f"without TLS all mail would cross the network to {self._host} readable by anyone; set smtp_tls to"
                " “tls” or “starttls”.",
                key="smtp_tls",
            )

    def check(self) -> None:
        self._connected()

    def send(self, mail: OutgoingMail, handing_over: HandingOver) -> Submitted:
        smtp = self._connected()
        with _deadline(smtp, self._patience + _SHORTEST_DEADLINE + len(mail.data) / _SLOWEST_LINE):
            return self._send(smtp, mail, handing_over)

    def _send(self, smtp: smtplib.SMTP, mail: OutgoingMail, handing_over: HandingOver) -> Submitted:
        data = _dotted(mail.data)
        try:
            with self._errors():
                self._announce(smtp, mail)
                refused, deferred = self._name_recipients(smtp, mail)
                self._expect(read_answer(smtp.docmd("DATA")), 354)
                smtp.send(data)
        except TryLater:
            self._drop()
            raise
        except HitchpostError:
            self._reset()
            raise
        try:
            handing_over()
        except BaseException:
            self._drop()  # without the final dot the server forgets the mail
            raise
        self._finish(smtp)
        return Submitted(refused, deferred)

    def close(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(OSError, smtplib.SMTPException):
                smtp.quit()
            smtp.close()

    def _announce(self, smtp: smtplib.SMTP, mail: OutgoingMail) -> None:
        """MAIL FROM, after what the server says that it can't do."""
        options = []
        if mail.needs_utf8:
            if not smtp.has_extn("smtputf8"):
                raise NotSupported(
                    f"{self._host} can't send to international addresses; use an address in plain letters.",
                    feature="SMTPUTF8",
                )
            options = ["SMTPUTF8", *(["BODY=8BITMIME"] if smtp.has_extn("8bitmime") else [])]
        limit = smtp.esmtp_features.get("size", "")
        if limit.isdigit() and 0 < int(limit) < len(mail.data):
            raise Rejected(
                f"The mail has {len(mail.data) / 1_000_000:.1f} MB and {self._host} takes"
                f" {int(limit) / 1_000_000:.1f} MB: send a link in place of the attachment."
            )
        if smtp.has_extn("size"):
            options.append(f"SIZE={len(mail.data)}")
        smtp.command_encoding = "utf-8" if mail.needs_utf8 else "ascii"
        self._expect(read_answer(smtp.mail(mail.sender, options)), 250)

    def _name_recipients(self, smtp: smtplib.SMTP, mail: OutgoingMail) -> tuple[dict[str, str], dict[str, str]]:
        """Who is refused, for good or for now; an error where nobody is left."""
        refused: dict[str, str] = {}
        deferred: dict[str, str] = {}
        for recipient in mail.recipients:
            answer = read_answer(smtp.rcpt(recipient))
            if answer.is_lost:
                raise Unreachable(f"{self._host} hung up while the recipients were named: {answer.text}")
            if answer.is_refusal:
                refused[recipient] = refusal_of(answer)
            elif not answer.is_good:
                deferred[recipient] = refusal_of(answer)
        if len(refused) == len(mail.recipients):
            sentence = "; ".join(f"{who}: {why}" for who, why in refused.items())
            raise Rejected(
                f"{self._host} refuses every recipient ({sentence}). Mend the address.", field_errors=refused
            )
        if len(refused) + len(deferred) == len(mail.recipients):
            raise TryLater(f"{self._host} does not take the mail yet ({next(iter(deferred.values()))}).")
        return refused, deferred

    def _finish(self, smtp: smtplib.SMTP) -> None:
        """The final dot and its answer."""
        try:
            smtp.send(_DOT[2:])
            answer = read_answer(smtp.getreply())
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            raise self._doubt(type(error).__name__) from error
        if answer.code < 0:
            self._drop()
            raise self._doubt("no answer that could be read")
        try:
            self._expect(answer, 250)
        except HitchpostError:
            self._reset()
            raise

    def _doubt(self, why: str) -> InDoubt:
        return InDoubt(f"The connection to {self._host} broke ({why}) before it said whether it took the mail.")

    def _expect(self, answer: Answer, code: int) -> None:
        if answer.code != code:
            raise reply_error(answer, self._host, self._connection.name)

    def _connected(self) -> smtplib.SMTP:
        smtp = self._smtp
        if smtp is not None and self._is_alive(smtp):
            return smtp
        self._drop()
        with self._errors():
            smtp = self._connect()
            try:
                self._begin(smtp)
            except BaseException:
                smtp.close()
                raise
        self._smtp = smtp
        return smtp

    @staticmethod
    def _is_alive(smtp: smtplib.SMTP) -> bool:
        try:
            return bool(smtp.rset()[0] == 250)
        except (OSError, smtplib.SMTPException):
            return False

    def _connect(self) -> smtplib.SMTP:
        port = self._connection.number("smtp_port", 0) or _PORTS[self._tls]
        if self._tls == "tls":
            return smtplib.SMTP_SSL(self._host, port, timeout=CONNECT_SECONDS, context=self._context())
        return smtplib.SMTP(self._host, port, timeout=CONNECT_SECONDS)

    def _begin(self, smtp: smtplib.SMTP) -> None:
        if smtp.sock is not None:
            smtp.sock.settimeout(self._patience)
        smtp.ehlo_or_helo_if_needed()
        if self._tls == "starttls":
            if not smtp.has_extn("starttls"):
                raise ConfigError(
                    f"{self._host} offers no STARTTLS on this port; check smtp_port and smtp_tls.", key="smtp_tls"
                )
            smtp.starttls(context=self._context())
            smtp.ehlo()
        sign_in(smtp, self._connection, self._host)

    def _context(self) -> ssl.SSLContext:
        ca_file = self._connection.text("smtp_ca_file") or self._connection.text("ca_file")
        try:
            return ssl.create_default_context(cafile=str(Path(ca_file).expanduser()) if ca_file else None)
        except OSError as error:  # ssl.SSLError is one
            raise ConfigError(f"{ca_file} is no readable file of certificates.", key="smtp_ca_file") from error

    @contextlib.contextmanager
    def _errors(self) -> Iterator[None]:
        """The library's errors as ours; all of them come before the point of no return."""
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise ConfigError(
                f"the certificate of {self._host} is not trusted ({error.verify_message}); check smtp_host, or name its"
                " authority in smtp_ca_file.",
                key="smtp_host",
            ) from error
        except smtplib.SMTPResponseException as error:
            raise reply_error(
                read_answer((error.smtp_code, error.smtp_error)), self._host, self._connection.name
            ) from error
        except (OSError, smtplib.SMTPException) as error:
            # What a broken connection says may hold what was sent: only its kind is told.
            raise Unreachable(f"{self._host} does not answer, or hung up ({type(error).__name__}).") from error

    def _reset(self) -> None:
        if self._smtp is not None and not self._is_alive(self._smtp):
            self._drop()

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            smtp.close()


def _dotted(data: bytes) -> bytes:
    """The text as DATA wants it (RFC 5321, section 4.5.2), without the final dot: ends in a line break."""
    text = data if data.endswith(b"\r\n") else data + b"\r\n"
    return (b"." + text if text.startswith(b".") else text).replace(b"\r\n.", b"\r\n..")


@contextlib.contextmanager
def _deadline(smtp: smtplib.SMTP, seconds: float) -> Iterator[None]:
    """End the connection when a mail takes too long: a server that drips never runs into a time-out of its own."""
    sock = smtp.sock

    def cut() -> None:
        if sock is None:
            return
        with contextlib.suppress(OSError):
            sock.shutdown(socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"
