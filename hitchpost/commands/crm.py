"""`hitchpost crm`: the CRMs in the configuration."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost import connections
from hitchpost.connections import NewSecret, SecretCommand, SecretEnv, SecretFile, SecretKeyring, SetOption
from hitchpost.output import print_json, print_line, print_rows
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store, settings_file

if TYPE_CHECKING:
    from sync.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Add, list, test and remove CRMs.")

NameArgument = Annotated[str, typer.Argument(help="Its name in the configuration.")]


@app.command("add")
def add(
    context: typer.Context,
    *,
    name: NameArgument,
    backend: Annotated[str, typer.Option("--backend", "-b", help="Which CRM it is: local.")],
    options: SetOption = None,
    secret_env: SecretEnv = None,
    secret_command: SecretCommand = None,
    secret_keyring: SecretKeyring = None,
    secret_file: SecretFile = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a CRM to the configuration; asks for what is missing.

    Example: hitchpost crm add house --backend local --set path=~/crm.sqlite3
    """
    from crm_adapters import registry

    found = registry.load(backend)
    wish = connections.Wish(
        table="crm",
        name=name,
        kind=backend,
        title=found.title,
        specs=found.options,
        needs_secret=found.needs_secret,
        given=options or [],
        env=secret_env,
        command=secret_command,
        keyring=secret_keyring,
        file=secret_file,
    )
    connections.add(settings_file(context, config), wish)
    connections.show_done("added", name, as_json, f"Try it: hitchpost crm test {name}")


@app.command("list")
def list_(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the CRMs in the configuration.

    Example: hitchpost crm list
    """
    connections.show_list(load_settings(context, config).crms, as_json)


@app.command("test")
def test(
    context: typer.Context,
    name: NameArgument,
    new_secret: NewSecret = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Log in and count the records.

    Example: hitchpost crm test local
    """
    from crm_adapters import registry

    settings = load_settings(context, config)
    crm = connections.find(settings.crms, name, "crm", settings.file)
    if new_secret:
        crm.keep_secret(connections.ask_secret(f"crm “{name}”"))
    with contextlib.closing(registry.load(crm.kind).open(crm)) as adapter:
        info = adapter.test()
    if as_json:
        print_json(info)
    else:
        print_line(info.product)
        print_rows(("kind", "records"), ((kind.value, count) for kind, count in info.counts.items()))
    _end_pause(settings, name)


def _end_pause(settings: Settings, name: str) -> None:
    """A CRM that waited for a sign-in is spoken to again from the agent's next pass on."""
    from sync.store import crms

    with opened_store(settings) as store, store.write() as unit:
        if crms.needs_login(unit, name):
            crms.succeeded(unit, name, datetime.now(UTC))


@app.command("remove")
def remove(
    context: typer.Context, name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Take a CRM out of the configuration; neither it nor the database is touched.

    Example: hitchpost crm remove house
    """
    from sync.settings_file import remove_table

    remove_table(settings_file(context, config), "crm", name)
    connections.show_done("removed", name, as_json)
