"""`hitchpost record`: one CRM record as the database knows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost.output import print_json, print_line, print_text
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store

if TYPE_CHECKING:
    from sync.views import FieldView, RecordView


def record(
    context: typer.Context,
    number: Annotated[int, typer.Argument(metavar="ID", help="Its id, as `hitchpost leads` or `thread` shows it.")],
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show a record: fields, activities, conversations, what is pending or in conflict.

    Example: hitchpost record 7 --json
    """
    from sync import queries

    with opened_store(load_settings(context, config)) as store:
        view = queries.record(store, number)
    if as_json:
        print_json(view)
    else:
        _show(view)


def _show(view: RecordView) -> None:
    print_line(f"{view.kind.value} {view.title or '(no name)'} - {view.crm} {view.remote_id or '(not there yet)'}")
    for field in view.fields:
        if shown := _field(field):
            print_text(f"{field.spec.label}: {shown}", indent="  ")
    for heading, rows in (("people", view.people), ("opportunities", view.opportunities)):
        for row in rows:
            print_line(f"{heading}: {row.id} {row.title} {row.subtitle}")
    for activity in view.activities:
        print_line(f"{activity.at.astimezone():%Y-%m-%d} {activity.kind}: {activity.subject}")
    for thread in view.threads:
        print_line(f"conversation {thread.id}: {thread.subject}")
    for file in view.around.files:
        hangs = f", {file.hanging} in {view.crm}" if file.hanging else ""
        print_line(f"file {file.message_id} {file.part}: {file.name} ({file.size_bytes} bytes{hangs})")
    for state in view.addresses:
        print_line(state.doubt)
    for refusal in view.refused:
        print_line(f"refused: {refusal}")


def _field(field: FieldView) -> str:
    if field.conflict:
        return f"{field.conflict.mine} here, {field.conflict.theirs} in the CRM (by {field.conflict.theirs_by})"
    if field.error:
        return f"{field.display} - refused: {field.error}"
    return f"{field.display} (on its way)" if field.pending else field.display
