"""`hitchpost mailbox`: the mail accounts in the configuration."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost import connections
from hitchpost.connections import NewSecret, SecretCommand, SecretEnv, SecretFile, SecretKeyring, SetOption
from hitchpost.output import note, print_json, print_rows
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store, settings_file
from hitchpost.sign_in import ClientFile, ClientId, Paste, SignIn, Tenant
from hitchpost.trials import counted_folders, signs_in_to_send

if TYPE_CHECKING:
    from crm_model.options import Connection
    from sync.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Add, list, test and remove mail accounts.")

NoTest = Annotated[bool, typer.Option("--no-test", help="Only write the configuration; nobody is called.")]
NameArgument = Annotated[str, typer.Argument(help="Its name in the configuration.")]


@app.command("add")
def add(
    context: typer.Context,
    *,
    name: NameArgument,
    kind: Annotated[str, typer.Option("--kind", "-k", help="gmail, imap, maildir or mbox.")],
    options: SetOption = None,
    secret_env: SecretEnv = None,
    secret_command: SecretCommand = None,
    secret_keyring: SecretKeyring = None,
    secret_file: SecretFile = None,
    client_file: ClientFile = None,
    client_id: ClientId = None,
    tenant: Tenant = "common",
    paste: Paste = False,
    no_test: NoTest = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a mail account: asks for what is missing, signs in and lists the folders; nothing is read or sent yet.

    Gmail, and IMAP with oauth = "google" or "microsoft", are signed in to in the browser.

    Example: hitchpost mailbox add work -k imap -s host=imap.company.example -s user=me@company.example

    Example: hitchpost mailbox add gmail -k gmail -s user=me@gmail.com --client-file client_secret.json
    """
    sign_in = SignIn(client_file, client_id, tenant, paste)
    places = connections.SecretPlaces(secret_env, secret_command, secret_keyring, secret_file)
    wish = _wish(name, kind, options or [], sign_in, places)
    connections.add(settings_file(context, config), wish)
    if no_test:
        connections.show_done("added", name, as_json, f"Try it: hitchpost mailbox test {name}")
        return
    # Who was in the browser for it need not go there again.
    _try_new(load_settings(context, config), name, as_json, stays=wish.sign_in is not None)


def _wish(
    name: str, kind: str, given: list[str], sign_in: SignIn, places: connections.SecretPlaces
) -> connections.Wish:
    from sync.mailboxes import registry

    by_browser = kind == "gmail" or any(option.startswith("oauth=") for option in given)
    grant = (lambda options: sign_in.grant_for(name, kind, options)) if by_browser else None
    return connections.Wish("mail_account", name, kind, registry.load(kind), given, places, grant)


@app.command("list")
def list_(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the mail accounts in the configuration.

    Example: hitchpost mailbox list --json
    """
    empty = "No mail account yet; `hitchpost mailbox add` begins."
    connections.show_list(load_settings(context, config).mail_accounts, as_json, empty=empty)


@app.command("test")
def test(
    context: typer.Context,
    name: NameArgument,
    new_secret: NewSecret = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Log in and list the folders that will be read, with counts.

    Example: hitchpost mailbox test work
    """
    settings = load_settings(context, config)
    if new_secret:
        account = connections.find(settings.mail_accounts, name, "mail_account", settings.file)
        account.keep_secret(connections.ask_secret(f"mail_account “{name}”"))
    _try(settings, name, as_json)


@app.command("sign-in")
def sign_in(
    context: typer.Context,
    *,
    name: NameArgument,
    client_file: ClientFile = None,
    client_id: ClientId = None,
    tenant: Tenant = "common",
    paste: Paste = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Sign in again, in the browser, to a mail account that Google or Microsoft let expire.

    Example: hitchpost mailbox sign-in work
    """
    from sync.oauth import uses_oauth

    settings = load_settings(context, config)
    account = connections.find(settings.mail_accounts, name, "mail_account", settings.file)
    if not uses_oauth(account):
        raise typer.BadParameter(
            f"{name} signs in with a password; put in a new one with `hitchpost mailbox test {name} --new-secret`"
        )
    _check_place(account)
    account.keep_secret(SignIn(client_file, client_id, tenant, paste).grant_of(account))
    _try(settings, name, as_json)


def _check_place(account: Connection) -> None:
    """Errors: ConfigError where a sign-in can't be kept, before anybody went to the browser for it."""
    from crm_model.errors import ConfigError

    try:
        old = account.secret()
    except ConfigError:  # there is none yet
        return
    account.keep_secret(old)


def _try(settings: Settings, name: str, as_json: bool) -> None:
    """Log in, show the folders, and end the pause of an account that waited for this."""
    account = connections.find(settings.mail_accounts, name, "mail_account", settings.file)
    folders = counted_folders(account)
    if as_json:
        print_json(folders)
    else:
        print_rows(("folder", "role", "messages"), ((f.name, f.role.value, f.total) for f in folders))
    if signs_in_to_send(account):
        note(f"{account.name} can send")
    _end_pause(settings, name)


def _try_new(settings: Settings, name: str, as_json: bool, *, stays: bool) -> None:
    """Try an account that has just been added; one that fails is taken out again unless it `stays`."""
    from sync.settings.file import remove_table

    note(f"trying {name} …")
    try:
        _try(settings, name, as_json)
    except BaseException:
        if not stays:
            remove_table(settings.file, "mail_account", name)
            note("The test failed, so nothing was added; --no-test adds it all the same.")
        raise
    note(f"added {name}")


def _end_pause(settings: Settings, name: str) -> None:
    """An account that waited for a sign-in is read again from the agent's next pass on."""
    from sync.store import mailboxes, outgoing

    with opened_store(settings) as store, store.write() as unit:
        outgoing.hasten(unit, name, datetime.now(UTC))
        if name in mailboxes.login_needed(unit):
            kind = next(account.kind for account in settings.mail_accounts if account.name == name)
            mailboxes.account_succeeded(unit, mailboxes.open_account(unit, name, kind), datetime.now(UTC))


@app.command("remove")
def remove(
    context: typer.Context, name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Take a mail account out of the configuration; its mail stays in the database.

    Example: hitchpost mailbox remove work
    """
    from sync.settings.file import remove_table

    remove_table(settings_file(context, config), "mail_account", name)
    connections.show_done("removed", name, as_json)
