"""`hitchpost hooks`: which programs are told what happens, and what they were told."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from enum import StrEnum
from typing import Annotated, Literal

import typer

from hitchpost import connections
from hitchpost.connections import SecretCommand, SecretEnv, SecretFile, SecretKeyring, SetOption
from hitchpost.output import note, print_json, print_line, print_rows
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store, settings_file

app = typer.Typer(no_args_is_help=True, help="Tell other programs what happens: leads, stages, opens, clicks, replies.")


class DeliveryState(StrEnum):
    """What came of a delivery, as `sync.store.hook_deliveries` keeps it."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


NameArgument = Annotated[str, typer.Argument(help="Its name in the configuration.")]


@app.command("add")
def add(
    context: typer.Context,
    *,
    name: NameArgument,
    incoming: Annotated[
        bool, typer.Option("--incoming", help="A program that tells us, instead of being told.")
    ] = False,
    options: SetOption = None,
    secret_env: SecretEnv = None,
    secret_command: SecretCommand = None,
    secret_keyring: SecretKeyring = None,
    secret_file: SecretFile = None,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a hook: a program's address, the events it is told of, and the secret that signs what is told.

    With --incoming it is a program that tells us of leads, calls and notes, at the outpost's address /h/NAME.

    Example: hitchpost hooks add zap --set url=https://hooks.company.example/1 --secret-file zap.secret
    """
    from sync.hooks import HOOK, INCOMING

    kind = INCOMING if incoming else HOOK
    places = connections.SecretPlaces(secret_env, secret_command, secret_keyring, secret_file)
    table: Literal["incoming_hook", "hook"] = "incoming_hook" if incoming else "hook"
    wish = connections.Wish(table, name, kind.name, kind, options or [], places)
    connections.add(settings_file(context, config), wish)
    advice = f"It is heard at /h/{name} of the outpost" if incoming else f"Try it: hitchpost hooks test {name}"
    connections.show_done("added", name, as_json, advice)


@app.command("list")
def list_(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the hooks in the configuration.

    Example: hitchpost hooks list --json
    """
    settings = load_settings(context, config)
    empty = "No hooks yet; `hitchpost hooks add` begins."
    connections.show_list((*settings.hooks, *settings.incoming_hooks), as_json, empty=empty)


@app.command("test")
def test(context: typer.Context, name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Tell a hook that this is a test, signed as everything else, and show its answer.

    Example: hitchpost hooks test zap
    """
    from agent.hooks.delivering import tell_test

    settings = load_settings(context, config)
    hook = connections.find(settings.hooks, name, "hook", settings.file)
    status = tell_test(hook)
    if as_json:
        print_json({"hook": name, "status": status})
    else:
        print_line(f"{name} answered {status}")
    if not 200 <= status < 300:
        raise typer.Exit(1)


@app.command("deliveries")
def deliveries(
    context: typer.Context,
    *,
    hook: Annotated[str, typer.Option("--hook", help="Of this hook only.")] = "",
    state: Annotated[DeliveryState | None, typer.Option("--state", help="Only what is so.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=10_000, help="At most so many.")] = 200,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """List what hooks were told, the newest first, and what came of it.

    Example: hitchpost hooks deliveries --state failed
    """
    from sync.store import hook_deliveries

    with opened_store(load_settings(context, config)) as store, store.read() as unit:
        rows = hook_deliveries.listed(unit, hook=hook, state=state or "", limit=limit)
    if as_json:
        print_json(rows)
        return
    print_rows(
        ("id", "hook", "event", "happened", "state", "tries", "answer", "trouble"),
        ((r.id, r.hook, r.event.value, r.at, r.state, r.attempts, r.status or "", r.error) for r in rows),
        empty="No hook was told of anything like this yet.",
    )


@app.command("replay")
def replay(
    context: typer.Context,
    numbers: Annotated[list[int], typer.Argument(metavar="ID…", help="As `hitchpost hooks deliveries` shows them.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Tell again what was told, or failed; the receiver knows it by the same id.

    Example: hitchpost hooks replay 17 18
    """
    from sync.store import hook_deliveries

    with opened_store(load_settings(context, config)) as store, store.write() as unit:
        count = hook_deliveries.replay(unit, numbers, datetime.now(UTC))
    if as_json:
        print_json({"waiting": count})
    else:
        print_line(f"{count} of {len(numbers)} will be told again")
    if count != len(set(numbers)):
        note("The others are not there; `hitchpost hooks deliveries` lists those that are.")
        raise typer.Exit(1)


@app.command("remove")
def remove(
    context: typer.Context, name: NameArgument, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Take a hook out of the configuration; what waits for it is not told.

    Example: hitchpost hooks remove zap
    """
    from crm_model.errors import HitchpostError
    from sync.settings.file import remove_table
    from sync.store import hook_deliveries

    settings = load_settings(context, config)
    is_incoming = any(hook.name == name for hook in settings.incoming_hooks)
    remove_table(settings.file, "incoming_hook" if is_incoming else "hook", name)
    with contextlib.suppress(HitchpostError), opened_store(settings) as store, store.write() as unit:
        hook_deliveries.close_hook(unit, name, "the hook was removed", datetime.now(UTC))
    connections.show_done("removed", name, as_json)
