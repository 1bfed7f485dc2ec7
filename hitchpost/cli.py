"""The command line. Each command's module imports what it needs only when it runs."""

from __future__ import annotations

import functools
from collections.abc import Callable
from importlib.metadata import version as package_version
from pathlib import Path
from typing import Annotated

import typer
from typer.main import get_command

from hitchpost.commands import (
    agent,
    attachment,
    audit,
    consent,
    crm,
    demo,
    doctor,
    form,
    hooks,
    init,
    leads,
    mailbox,
    outbox,
    record,
    rehearse,
    rules,
    send,
    sent,
    status,
    sync,
    threads,
    tui,
    views,
    web,
)
from hitchpost.exits import run_and_exit
from hitchpost.plain_group import PlainGroup

app = typer.Typer(
    name="hitchpost",
    cls=PlainGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Reads a sales mailbox, threads the conversations and keeps them on the right CRM record.",
    epilog="Begin with: hitchpost demo",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hitchpost {package_version('hitchpost')}")
        raise typer.Exit


@app.callback()
def hitchpost(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option("--config", metavar="FILE", help="The configuration file, for any command."),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    context.obj = config


app.command("demo")(demo.demo)
app.command("init")(init.init)
app.add_typer(mailbox.app, name="mailbox")
app.add_typer(crm.app, name="crm")
app.add_typer(form.app, name="form")
app.command("sync")(sync.sync)
app.command("agent")(agent.agent)
app.command("tui")(tui.tui)
app.command("web")(web.web)
app.command("threads")(threads.threads)
app.command("thread")(threads.thread)
app.add_typer(views.app, name="views")
app.command("attachment")(attachment.attachment)
app.command("leads")(leads.leads)
app.command("record")(record.record)
app.command("send")(send.send)
app.add_typer(outbox.app, name="outbox")
app.command("sent")(sent.sent)
app.add_typer(consent.app, name="consent")
app.add_typer(rules.app, name="rules")
app.add_typer(hooks.app, name="hooks")
app.command("rehearse")(rehearse.rehearse)
app.command("audit")(audit.audit)
app.command("status")(status.status)
app.command("doctor")(doctor.doctor)


@functools.cache
def command() -> Callable[[], object]:
    """The whole command line, ready to run; made once, for whoever runs several commands in one process."""
    return get_command(app)


def main() -> None:
    """Run the command line and leave with its exit code."""
    run_and_exit(command())
