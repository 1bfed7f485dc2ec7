"""`hitchpost crm`: the CRMs in the configuration."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost import connections
from hitchpost.commands import crm_map
from hitchpost.connections import NewSecret, SecretCommand, SecretEnv, SecretFile, SecretKeyring, SetOption
from hitchpost.output import note, print_json, print_line, print_rows
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store, settings_file
from hitchpost.trials import tested_crm

if TYPE_CHECKING:
    from crm_adapters.contract import ServerInfo
    from sync.settings import Settings
    from sync.store.waiting import Waiting

app = typer.Typer(no_args_is_help=True, help="Add, list, test, map and remove CRMs.")
app.command("map")(crm_map.map_)

NameArgument = Annotated[str, typer.Argument(help="Its name in the configuration.")]
NoTest = Annotated[bool, typer.Option("--no-test", help="Only write the configuration; the CRM is not called.")]
BACKENDS = "espocrm, hubspot, local, salesforce, sugar, suitecrm or vtiger; any other word lists what is installed."
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Confirm without a question, for scripts.")]


@app.command("add")
def add(
    context: typer.Context,
    *,
    name: NameArgument,
    backend: Annotated[str, typer.Option("--backend", "-b", help=BACKENDS)],
    options: SetOption = None,
    secret_env: SecretEnv = None,
    secret_command: SecretCommand = None,
    secret_keyring: SecretKeyring = None,
    secret_file: SecretFile = None,
    no_test: NoTest = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a CRM: asks for what is missing, tests it, counts its records. Nothing is written there before `crm confirm`.

    Example: hitchpost crm add office -b espocrm -s url=https://crm.company.example --secret-keyring office
    """
    from crm_adapters import registry

    found = registry.load(backend)
    places = connections.SecretPlaces(secret_env, secret_command, secret_keyring, secret_file)
    wish = connections.Wish("crm", name, backend, found, options or [], places)
    connections.add(settings_file(context, config), wish)
    if no_test:
        connections.show_done("added", name, as_json, f"Try it: hitchpost crm test {name}")
    else:
        _try_new(load_settings(context, config), name, as_json, asks_first=found.asks_first)


@app.command("list")
def list_(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the CRMs in the configuration.

    Example: hitchpost crm list
    """
    empty = "No CRM yet; `hitchpost crm add` begins."
    connections.show_list(load_settings(context, config).crms, as_json, empty=empty)


@app.command("test")
def test(
    context: typer.Context,
    name: NameArgument,
    new_secret: NewSecret = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Log in and count the records; a failure is said in one sentence with what mends it.

    Example: hitchpost crm test local
    """
    from hitchpost.explain import explained

    settings = load_settings(context, config)
    crm = connections.find(settings.crms, name, "crm", settings.file)
    if new_secret:
        crm.keep_secret(connections.ask_secret(f"crm “{name}”"))
    _show_info(tested_crm(crm, lambda error: explained(error, crm, settings.file)), as_json, {})
    _end_pause(settings, name)


@app.command("confirm")
def confirm(
    context: typer.Context,
    name: NameArgument,
    yes: YesOption = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show what would be written to a CRM, and, once you say yes, let the agent write there.

    Example: hitchpost crm confirm sugar
    """
    settings = load_settings(context, config)
    connections.find(settings.crms, name, "crm", settings.file)
    waiting, confirmed = _waiting(settings, name)
    if as_json:
        print_json({"crm": name, "would": waiting, "confirmed": confirmed or yes})
    elif confirmed:
        print_line(f"{name} is confirmed already; {waiting.in_words()} on the way.")
    else:
        print_line(f"would {waiting.in_words()}")
    if confirmed:
        return
    if not yes and (as_json or not sys.stdin.isatty()):
        note(f"Nothing was written. hitchpost crm confirm {name} --yes lets the agent write.")
    elif yes or typer.confirm(f"Write this to {name}, and later changes as they come?", err=True):
        _set_confirmed(settings, name)
        note("The agent, or hitchpost sync, writes from now on.")
    else:
        note("Nothing was written.")


@app.command("remove")
def remove(
    context: typer.Context, name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Take a CRM out of the configuration; neither it nor the database is touched.

    Example: hitchpost crm remove house
    """
    from sync.settings.file import remove_table

    remove_table(settings_file(context, config), "crm", name)
    connections.show_done("removed", name, as_json)


def _try_new(settings: Settings, name: str, as_json: bool, *, asks_first: bool) -> None:
    """Test a CRM that has just been added, and offer the dry run; one that fails its test is taken out again."""
    from hitchpost.explain import explained_new
    from sync.settings.file import remove_table

    try:
        crm = connections.find(settings.crms, name, "crm", settings.file)
        info = tested_crm(crm, lambda error: explained_new(error, name))
    except BaseException:
        remove_table(settings.file, "crm", name)
        note("The test failed, so nothing was added; --no-test adds it all the same.")
        raise
    _show_info(info, as_json, {"added": name})
    if asks_first and sys.stdin.isatty() and not as_json:
        _dry_run(settings, name)
    elif asks_first:
        note(f"Next: hitchpost sync, then hitchpost crm confirm {name}: it shows first what would be written.")


def _show_info(info: ServerInfo, as_json: bool, done: dict[str, str]) -> None:
    if as_json:
        print_json({**done, "product": info.product, "counts": info.counts, "user": info.user, "notes": info.notes})
        return
    for word, name in done.items():
        print_line(f"{word} {name}")
    print_line(f"{info.product}, signed in as {info.user}" if info.user else info.product)
    print_rows(("kind", "records"), ((kind.value, count) for kind, count in info.counts.items()))
    for each in info.notes:
        note(each)


def _dry_run(settings: Settings, name: str) -> None:
    """Read the CRM and the mail now, so that the person sees what would be written, and asks for it."""
    from hitchpost.commands.sync import one_pass, show_summary

    if not typer.confirm("Read its records and your mail now, to see what would be written?", default=True, err=True):
        note(f"Later: hitchpost sync, then hitchpost crm confirm {name}")
        return
    show_summary(one_pass(settings), as_json=False)
    waiting, _ = _waiting(settings, name)
    print_line(f"would {waiting.in_words()}")
    if typer.confirm(f"Write this to {name}, and later changes as they come?", err=True):
        _set_confirmed(settings, name)
    else:
        note(f"Nothing was written. Later: hitchpost crm confirm {name}")


def _waiting(settings: Settings, name: str) -> tuple[Waiting, bool]:
    """What would be written, and whether that is confirmed. Errors: TryLater for a CRM that nobody has read yet."""
    from crm_model.errors import TryLater
    from sync.store import crms
    from sync.store.waiting import waiting

    with opened_store(settings) as store, store.read() as unit:
        confirmed = crms.is_confirmed(unit, name)
        if not confirmed and not crms.was_read(unit, name):
            raise TryLater(f"{name} was not read yet; run `hitchpost sync` first")
        return waiting(unit, name), confirmed


def _set_confirmed(settings: Settings, name: str) -> None:
    from sync.store import crms

    with opened_store(settings) as store, store.write() as unit:
        crms.confirm(unit, name, datetime.now(UTC))


def _end_pause(settings: Settings, name: str) -> None:
    """A CRM that waited for a sign-in is spoken to again from the agent's next pass on."""
    from sync.store import crms

    with opened_store(settings) as store, store.write() as unit:
        if crms.needs_login(unit, name):
            crms.succeeded(unit, name, datetime.now(UTC))
