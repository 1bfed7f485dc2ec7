"""`hitchpost views`: the lists of the screen with their counts, and those that a person keeps under a name."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost.output import print_json, print_line, print_rows
from hitchpost.session import ConfigOption, JsonOption, configured, load_settings, opened_store

if TYPE_CHECKING:
    from sync.desk_views import Deskview
    from sync.views import Mailview

app = typer.Typer(no_args_is_help=True, help="The lists of the screen, and those that you keep under a name.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="What the view is called.")]


@app.command("list")
def list_views(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List every view: those that are always there with their counts, then your own.

    Example: hitchpost views list --json
    """
    from sync import desk_queries
    from sync.viewer import Viewer

    settings = load_settings(context, config)
    with opened_store(settings) as store:
        viewer = Viewer(settings.author, datetime.now().astimezone(), settings.patience)
        counts = desk_queries.view_counts(store, viewer, configured(settings))
        own = desk_queries.views_of(store, settings.author)
    rows: list[tuple[str, str, str, int | None]] = [("", view.value, "", number) for view, number in counts.items()]
    rows += [(saved.name, saved.view.value, saved.text, None if saved.text else counts[saved.view]) for saved in own]
    names = ("name", "view", "search", "count")
    if as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_rows(names, rows)


@app.command("save")
def save(
    context: typer.Context,
    name: Name,
    *,
    view: Annotated[str, typer.Option("--view", "-v", help="Which list, as `views list` calls it.")] = "triage",
    search: Annotated[str, typer.Option("--search", "-s", help="The search within it.")] = "",
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a view with a search; the screen lists it under f.

    Example: hitchpost views save "Fjord, open" --view linked --search "company:fjord after:3m"
    """
    from sync import edits
    from sync.desk_views import SavedView

    settings = load_settings(context, config)
    with opened_store(settings) as store:
        edits.save_view(store, SavedView(name, _view(view), search), settings.author)
    _done("kept", name, as_json)


@app.command("remove")
def remove(context: typer.Context, name: Name, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Forget a view of yours.

    Example: hitchpost views remove "Fjord, open"
    """
    from sync import edits

    settings = load_settings(context, config)
    with opened_store(settings) as store:
        edits.forget_view(store, name, settings.author)
    _done("removed", name, as_json)


def _done(what: str, name: str, as_json: bool) -> None:
    if as_json:
        print_json({what: name})
    else:
        print_line(f"{what} {name}")


def _view(text: str) -> Mailview | Deskview:
    from sync.desk_views import VIEWS

    if text not in VIEWS:
        raise typer.BadParameter(f"it can be {', '.join(VIEWS)}", param_hint="--view")
    return VIEWS[text]
