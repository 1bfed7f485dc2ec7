"""`hitchpost rules`: what corrections taught, and what each rule does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hitchpost.output import note, print_json, print_line, print_rows
from hitchpost.session import ConfigOption, JsonOption, load_settings, opened_store

if TYPE_CHECKING:
    from crm_model.links import FilingRule
    from sync.store.database import Store
    from sync.views import RuleEffect

app = typer.Typer(no_args_is_help=True, help="List, add, change and remove filing rules.")

Number = Annotated[int, typer.Argument(metavar="ID", help="The rule's id, as `hitchpost rules list` shows it.")]
From = Annotated[str, typer.Option("--from", "-f", metavar="SENDER", help="An address, or @ and a domain.")]
About = Annotated[
    str, typer.Option("--about", "-w", metavar="WORDS", help="Words that the mail must hold, all of them.")
]
To = Annotated[int | None, typer.Option("--to", "-t", metavar="RECORD", help="The id of the record it goes to.")]
NeverLead = Annotated[bool, typer.Option("--never-lead", help="Such mail never makes a lead.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Keep it without asking.")]
Past = Annotated[bool, typer.Option("--past", help="File the mail of the last 90 days too, not only what comes.")]


@app.command("list")
def list_(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the rules.

    Example: hitchpost rules list
    """
    from sync import queries

    with opened_store(load_settings(context, config)) as store:
        rows = queries.filing_rules(store)
    if as_json:
        print_json(rows)
        return
    print_rows(
        ("id", "mail from", "about", "goes to", "by", "since"),
        ((row.rule.id, *_said(row.rule, row.title), row.author, row.created_at) for row in rows),
        empty="No rules yet; `hitchpost rules suggest` shows what your corrections would teach.",
    )


@app.command("suggest")
def suggest(context: typer.Context, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """List the rules that your corrections of the last 90 days teach, to be added with `rules add`.

    Example: hitchpost rules suggest
    """
    from sync import queries

    with opened_store(load_settings(context, config)) as store:
        found = queries.proposed_rules(store)
    if as_json:
        print_json(found)
        return
    print_rows(
        ("corrections", "mail from", "about", "goes to", "add it with"),
        ((each.corrections, *_said(each.rule, each.title), _command(each.rule)) for each in found),
        empty="Your corrections of the last 90 days teach no rule yet.",
    )


@app.command("add")
def add(
    context: typer.Context,
    *,
    sender: From,
    about: About = "",
    to: To = None,
    never_lead: NeverLead = False,
    past: Past = False,
    yes: Yes = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add a rule; shows first what it would have done to the last 90 days.

    Example: hitchpost rules add --from @acme.example --about hosting --to 12
    """
    from sync import edits, filing, queries

    settings = load_settings(context, config)
    rule = filing.rule_of(sender, about, _record(to, never_lead))
    with opened_store(settings) as store:
        _confirm(store, rule, yes)
        edits.add_filing_rule(store, rule, settings.author, past_days=queries.RULE_DAYS if past else 0)
    _done("added", as_json)


@app.command("edit")
def change(
    context: typer.Context,
    number: Number,
    *,
    sender: Annotated[str | None, typer.Option("--from", "-f", metavar="SENDER", help="Another sender.")] = None,
    about: Annotated[
        str | None, typer.Option("--about", "-w", metavar="WORDS", help='Other words; "" for none.')
    ] = None,
    to: To = None,
    never_lead: NeverLead = False,
    yes: Yes = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Change a rule, for mail to come; what is left out stays as it is.

    Example: hitchpost rules edit 3 --about "hosting renewal"
    """
    from dataclasses import replace

    from crm_model.errors import NotFound
    from sync import edits, filing, queries

    settings = load_settings(context, config)
    with opened_store(settings) as store:
        held = next((row.rule for row in queries.filing_rules(store) if row.rule.id == number), None)
        if held is None:
            raise NotFound(f"There is no rule {number}; `hitchpost rules list` shows them.")
        target = _record(to, never_lead) if to is not None or never_lead else held.record_id
        words = " ".join(held.words) if about is None else about
        rule = replace(filing.rule_of(sender or held.sender, words, target), id=number)
        _confirm(store, rule, yes)
        edits.change_filing_rule(store, rule, settings.author)
    _done("changed", as_json)


@app.command("remove")
def remove(context: typer.Context, number: Number, config: ConfigOption = None, as_json: JsonOption = False) -> None:
    """Remove a rule; what it filed stays where it is.

    Example: hitchpost rules remove 3
    """
    from sync import edits

    settings = load_settings(context, config)
    with opened_store(settings) as store:
        edits.remove_filing_rule(store, number, settings.author)
    _done("removed", as_json)


def _record(to: int | None, never_lead: bool) -> int | None:
    if (to is None) is not never_lead:
        raise typer.BadParameter("say either --to RECORD or --never-lead")
    return to


def _confirm(store: Store, rule: FilingRule, yes: bool) -> None:
    """Show the effect on stderr and ask, unless told not to."""
    from sync import queries

    for line in effect_lines(queries.rule_effect(store, rule), against_leads=rule.record_id is None):
        note(line)
    if not yes:
        typer.confirm("Keep this rule?", abort=True, err=True)


def effect_lines(effect: RuleEffect, *, against_leads: bool) -> list[str]:
    """A rule's effect on past mail, in words."""
    lines = [f"It means {effect.mails} mails of the last {effect.days} days."]
    if not against_leads:
        lines[0] += (
            f" {len(effect.new_threads)} conversations would be new on the record, {effect.linked_threads} are there."
        )
        if effect.refused_threads:
            lines.append(f"{effect.refused_threads} conversations that somebody took off the record stay off.")
    return lines + [f"  {subject}" for subject in effect.subjects]


def _said(rule: FilingRule, title: str) -> tuple[str, str, str]:
    """Sender, words and target as a list shows them."""
    target = "never a lead" if rule.record_id is None else f"{rule.record_id} {title}"
    return rule.sender, " ".join(rule.words), target


def _command(rule: FilingRule) -> str:
    import shlex

    words = ["hitchpost", "rules", "add", "--from", rule.sender]
    words += ["--about", " ".join(rule.words)] if rule.words else []
    words += ["--never-lead"] if rule.record_id is None else ["--to", str(rule.record_id)]
    return shlex.join(words)


def _done(what: str, as_json: bool) -> None:
    if as_json:
        print_json({"done": what})
    else:
        print_line(what)
