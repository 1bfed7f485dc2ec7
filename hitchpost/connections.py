"""Adding, listing and removing mail accounts and CRMs: what `hitchpost mailbox` and `hitchpost crm` share."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Protocol

import typer

from hitchpost.output import note, print_json, print_line, print_rows

if TYPE_CHECKING:
    from crm_model.options import Connection, OptionSpec, OptionValue
    from sync.secrets import SecretSource
    from sync.settings.file import TableName

SetOption = Annotated[
    list[str] | None,
    typer.Option("--set", "-s", metavar="KEY=VALUE", help="One option; lists take commas. Repeat for more."),
]
SecretEnv = Annotated[
    str | None, typer.Option("--secret-env", metavar="NAME", help="The environment variable that holds the secret.")
]
SecretCommand = Annotated[
    str | None, typer.Option("--secret-command", metavar="COMMAND", help="A command that prints the secret.")
]
SecretKeyring = Annotated[
    str | None,
    typer.Option("--secret-keyring", metavar="NAME", help="An entry of the keyring; asks for the secret and keeps it."),
]
SecretFile = Annotated[
    str | None,
    typer.Option("--secret-file", metavar="PATH", help="A file that only you may read; asks for the secret, keeps it."),
]
NewSecret = Annotated[
    bool, typer.Option("--new-secret", help="First ask for a new password or token and keep it where the old one is.")
]


class Sort(Protocol):
    """What a kind of mailbox, a backend and a kind of hook say of themselves."""

    @property
    def title(self) -> str: ...

    @property
    def options(self) -> Sequence[OptionSpec]: ...

    @property
    def needs_secret(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class SecretPlaces:
    """Where the secret is, or is to be kept; one of them at most."""

    env: str | None
    command: str | None
    keyring: str | None
    file: str | None


@dataclass(frozen=True, slots=True)
class Wish:
    """A connection that a person wants to add, as the command line gave it.

    `sign_in` makes the secret of these options where nobody types one.
    """

    table: TableName
    name: str
    kind: str
    sort: Sort
    given: Sequence[str]
    places: SecretPlaces
    sign_in: Callable[[Mapping[str, OptionValue]], str] | None = None


def add(file: Path, wish: Wish) -> None:
    """Ask for what is missing, on a terminal, and append the table. Errors: ConfigError, wrong use."""
    from sync.settings.file import add_table, check_table

    options = _with_answers(_parsed(wish.given, wish.sort.options), wish)
    secret = _source(wish, file)
    check_table(file, wish.table, name=wish.name, kind=wish.kind, options=options, secret=secret)
    if secret is not None:
        _keep(secret, wish, options)
    add_table(file, wish.table, name=wish.name, kind=wish.kind, options=options, secret=secret)


def ask_secret(owner: str) -> str:
    """A secret typed on the terminal, or else the first line of standard input. Errors: wrong use."""
    if sys.stdin.isatty():
        secret = typer.prompt(f"Password or token of {owner}", hide_input=True, err=True)
    else:
        secret = sys.stdin.readline().rstrip("\r\n")
    if not secret:
        raise typer.BadParameter("no secret was given; type it, or give it as the first line of standard input")
    return str(secret)


def show_list(connections: Sequence[Connection], as_json: bool, *, empty: str) -> None:
    """Name, kind and options of each; there is no secret among them. `empty` is remarked where there is none."""
    if as_json:
        print_json([{"name": c.name, "kind": c.kind, "options": dict(c.options)} for c in connections])
        return
    print_rows(
        ("name", "kind", "options"),
        ((c.name, c.kind, _in_words(c.options.items())) for c in connections),
        empty=empty,
    )


def show_done(what: str, name: str, as_json: bool, advice: str = "") -> None:
    """What was written, and the next step."""
    if as_json:
        print_json({what: name})
    else:
        print_line(f"{what} {name}")
    if advice:
        note(advice)


def find(connections: Iterable[Connection], name: str, table: str, file: Path) -> Connection:
    """The connection of this name. Errors: ConfigError with the nearest name."""
    from crm_model.errors import ConfigError
    from sync.settings.options import nearest_name

    by_name = {connection.name: connection for connection in connections}
    if name not in by_name:
        raise ConfigError(f"there is no {table} of this name", file=file, key=name, nearest=nearest_name(name, by_name))
    return by_name[name]


def _in_words(options: Iterable[tuple[str, OptionValue]]) -> str:
    return " ".join(f"{key}={','.join(v) if isinstance(v, tuple) else v}" for key, v in options if v not in ("", ()))


def _parsed(given: Sequence[str], specs: Sequence[OptionSpec]) -> dict[str, OptionValue]:
    from sync.settings.options import nearest_name

    known = {spec.name: spec for spec in specs}
    options: dict[str, OptionValue] = {}
    for word in given:
        key, equals, value = word.partition("=")
        if not equals:
            raise typer.BadParameter(f"--set wants KEY=VALUE, not “{word}”")
        if key not in known:
            nearest = nearest_name(key, known)
            hint = f" Did you mean “{nearest}”?" if nearest else f" It can be {', '.join(known)}."
            raise typer.BadParameter(f"“{key}” is no option here.{hint}")
        options[key] = option_value(known[key], value)
    return options


def option_value(spec: OptionSpec, text: str) -> OptionValue:
    """What was typed, as the option wants it. Errors: wrong use."""
    from crm_model.options import OptionType

    if spec.type is OptionType.PATH:
        return str(Path(text).expanduser().absolute())
    if spec.type is OptionType.LIST:
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if spec.type is OptionType.BOOLEAN and text.lower() in _BOOLEANS:
        return _BOOLEANS[text.lower()]
    if spec.type is OptionType.INTEGER and text.lstrip("-").isdecimal():
        return int(text)
    if spec.type is OptionType.TEXT:
        return text
    wanted = "a whole number" if spec.type is OptionType.INTEGER else "true or false"
    raise typer.BadParameter(f"{spec.name} must be {wanted}, not “{text}”")


_BOOLEANS = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}


def _with_answers(options: dict[str, OptionValue], wish: Wish) -> dict[str, OptionValue]:
    for spec in wish.sort.options:
        if spec.required and spec.name not in options:
            if not sys.stdin.isatty():
                raise typer.BadParameter(f"{wish.sort.title} needs --set {spec.name}=…: {spec.help}")
            options[spec.name] = option_value(spec, typer.prompt(f"{spec.name} ({spec.help})", err=True))
    return options


_PLACE_FLAGS = "--secret-env, --secret-command, --secret-keyring or --secret-file"


def _source(wish: Wish, file: Path) -> SecretSource | None:
    """Where the secret is, or is to be kept; a place that can't work is refused."""
    from sync.secrets import SecretKind, SecretSource, check_command, check_keyring

    places = wish.places
    named = [
        (SecretKind.ENV, places.env),
        (SecretKind.COMMAND, places.command),
        (SecretKind.KEYRING, places.keyring),
        (SecretKind.FILE, places.file and str(Path(places.file).expanduser().absolute())),
    ]
    chosen = [SecretSource(kind, place) for kind, place in named if place]
    if len(chosen) > 1:
        raise typer.BadParameter(f"give only one of {_PLACE_FLAGS.replace(' or ', ' and ')}")
    if not chosen and not wish.sort.needs_secret:
        return None
    if not chosen and not wish.sign_in and not sys.stdin.isatty():
        raise typer.BadParameter(f"{wish.sort.title} needs {_PLACE_FLAGS}")
    source = chosen[0] if chosen else _own_source(wish, file)
    if source.kind is SecretKind.KEYRING:
        check_keyring(_owner(wish))
    if source.kind is SecretKind.COMMAND:
        check_command(source.place, _owner(wish))
    return source


def _own_source(wish: Wish, file: Path) -> SecretSource:
    """The keyring where there is one; else a file that only its owner may read.

    No command is asked for here: somebody who expects to be asked for a password would type it, in the open.
    """
    from crm_model.errors import ConfigError
    from sync.secrets import SecretKind, SecretSource, check_keyring

    try:
        check_keyring(_owner(wish))
    except ConfigError:
        # A mailbox and a CRM may have the same name.
        sort = wish.table.removeprefix("mail_account") or "mailbox"
        beside = file.absolute().parent / f"{wish.name}.{sort}.secret"
        path = _sign_in_file(wish.name) if wish.sign_in else beside
        if not wish.sign_in:
            note(f"No keyring here protects secrets; this one is kept in {path}, which only you may read.")
        return SecretSource(SecretKind.FILE, str(path))
    return SecretSource(SecretKind.KEYRING, wish.name)


def _keep(source: SecretSource, wish: Wish, options: Mapping[str, OptionValue]) -> None:
    """Ask for the secret, or sign in for it, where it is kept by us."""
    from sync.secrets import SecretKind, keep_secret

    if source.kind in (SecretKind.KEYRING, SecretKind.FILE):
        keep_secret(source, _owner(wish), wish.sign_in(options) if wish.sign_in else ask_secret(_owner(wish)))


def _owner(wish: Wish) -> str:
    return f"{wish.table} “{wish.name}”"


def _sign_in_file(name: str) -> Path:
    """Where a sign-in is kept on a machine without a keyring; a program renews it, so it can't be a command."""
    from sync.settings import data_folder

    return data_folder() / "sign-ins" / f"{name.replace(' ', '-')}.json"
