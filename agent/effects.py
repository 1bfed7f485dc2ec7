"""What the decisions of a page do to the database: links, suggestions, leads, logged mail."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime

from agent.decide import Decided
from agent.intake.news import news_of
from agent.linking.rules.lead import lead_fields
from agent.page_records import PageRecords
from agent.rules import Rules
from agent.summary import Tally
from crm_model.changes import ChangeKind
from crm_model.links import CREATE_LEAD, DEAL, Candidate, Reason
from crm_model.mail import Outcome
from crm_model.records import Fields, RecordKind
from sync import file_log, mail_log
from sync.edits.fitting import fit_lead
from sync.store import decisions, field_offers, outbox, suggestions
from sync.store import records as record_rows
from sync.store.database import Unit
from sync.store.decisions import NewLink, NewSuggestion
from sync.store.field_offers import NewOffer
from sync.store.links import AGENT
from sync.store.mail import Arrival
from sync.store.suggestions import joined_answers
from sync.unowned import OWNER, report_owner


class Effects:
    """Collects while messages are decided, writes when their rows are there."""

    def __init__(self, unit: Unit, rules: Rules, records: PageRecords, tally: Tally, now: datetime) -> None:
        self._unit, self._rules, self._records, self._tally, self._now = unit, rules, records, tally, now
        self._links: list[NewLink] = []
        self._suggestions: dict[int, NewSuggestion] = {}
        self._on_deals: set[int] = set()  # threads that were linked to a deal
        self._linked_mail: dict[int, list[int]] = defaultdict(list)
        self._submissions: set[int] = set()
        self._offers: list[NewOffer] = []

    def note(self, decided: Decided, thread_id: int, arrival: Arrival) -> None:
        """Remember what follows from a decision, so that later messages of the page see it."""
        candidates = decided.links
        if _is_honest_form(decided):
            self._submissions.add(arrival.id)
        if decided.create_lead is not None:
            candidates = (self._create_lead(decided, decided.create_lead, arrival),)
        if candidates:
            self._link(thread_id, arrival, candidates)
            if decided.ask:
                self._ask(thread_id, arrival, decided)
            if _is_honest_form(decided) and decided.create_lead is None:
                self._take_news(decided, arrival, candidates)
        elif decided.ask or decided.suggest_lead is not None:
            self._ask(thread_id, arrival, decided)
        elif decided.outcome == Outcome.LINKED:
            self._linked_mail[thread_id].append(arrival.id)
        elif _is_honest_form(decided):
            self._complete_question(thread_id, decided)

    def write(self) -> None:
        """Write all of it; the messages are stored by now."""
        decisions.add_links(self._unit, self._links, self._now)
        decisions.settle_linked(self._unit, {link.thread_id for link in self._links}, self._on_deals)
        decisions.add_suggestions(self._unit, list(self._suggestions.values()), self._now)
        field_offers.add(self._unit, self._offers, self._now)
        if self._rules.log_mail != mail_log.OFF:
            self._log_mail()

    def _link(self, thread_id: int, arrival: Arrival, candidates: tuple[Candidate, ...]) -> None:
        before = self._records.state(thread_id).links
        fresh = [candidate for candidate in candidates if candidate.record_id not in before]
        self._links += [NewLink(thread_id, arrival.id, candidate) for candidate in fresh]
        self._tally.links += len(fresh)
        self._linked_mail[thread_id].append(arrival.id)
        self._records.note_link(thread_id, [candidate.record_id for candidate in candidates])
        waiting = self._suggestions.get(thread_id)
        if any(self._is_deal(candidate) for candidate in fresh):
            self._on_deals.add(thread_id)
        elif waiting is not None and waiting.kind == DEAL:
            return
        self._suggestions.pop(thread_id, None)

    def _is_deal(self, candidate: Candidate) -> bool:
        record = self._records.record(candidate.record_id)
        return record is not None and record.kind is RecordKind.OPPORTUNITY

    def _take_news(self, decided: Decided, arrival: Arrival, candidates: tuple[Candidate, ...]) -> None:
        """What our own form says of somebody known goes to the record, or is offered beside it."""
        for candidate in candidates:
            news = news_of(self._unit, candidate.record_id, decided.verdict, arrival.received_at)
            source = decided.reasons[0].evidence if decided.reasons else decided.rule
            self._offers += [
                NewOffer(candidate.record_id, name, value, source, arrival.id) for name, value in news.offers.items()
            ]
            record = record_rows.get(self._unit, candidate.record_id) if news.set else None
            if record is None:
                continue
            base = {name: record.fields.get(name) for name in news.set}
            record_rows.set_fields(self._unit, record.id, news.set)
            outbox.enqueue(
                self._unit,
                crm=record.crm,
                kind=ChangeKind.UPDATE,
                key=f"form {arrival.message.key} {record.id}",
                record_id=record.id,
                fields=news.set,
                base=base,
                author=AGENT,
                now=self._now,
            )

    def _complete_question(self, thread_id: int, decided: Decided) -> None:
        """A lead is suggested for this person already: what this form says beside it belongs to the same lead."""
        stated = lead_fields(decided.verdict.fields)
        waiting = self._suggestions.get(thread_id)
        if waiting is not None and not waiting.candidates:
            self._suggestions[thread_id] = replace(waiting, fields=joined_answers(waiting.fields, stated))
        elif email := str(stated.get("email") or ""):
            suggestions.complete_lead(self._unit, email, stated)

    def _ask(self, thread_id: int, arrival: Arrival, decided: Decided) -> None:
        question = NewSuggestion(
            thread_id=thread_id,
            message_id=arrival.id,
            odds=decided.ask[0].odds if decided.ask else decided.odds,
            reasons=decided.reasons,
            fields=decided.suggest_lead or {},
            candidates=decided.ask,
            about_deal=bool(decided.links),
        )
        self._tally.leads_suggested += question.kind == CREATE_LEAD
        self._suggestions[thread_id] = question
        self._records.note_question(thread_id, question)

    def _create_lead(self, decided: Decided, stated: Fields, arrival: Arrival) -> Candidate:
        fields, lead_key = fit_lead(self._unit, self._rules.lead_crm, stated), f"lead {arrival.message.key}"
        record_id = record_rows.insert_local(self._unit, self._rules.lead_crm, RecordKind.LEAD, fields)
        outbox.enqueue(
            self._unit,
            crm=self._rules.lead_crm,
            kind=ChangeKind.CREATE,
            key=lead_key,
            record_id=record_id,
            fields=fields,
            author=AGENT,
            now=self._now,
        )
        owner = stated.get(OWNER)
        if owner and OWNER not in fields:
            said = "There is no such user, or no owners; see `hitchpost doctor`."
            report_owner(
                self._unit, self._rules.lead_crm, record_id, str(owner), key=lead_key, said=said, now=self._now
            )
        self._tally.leads_created += 1
        sender = arrival.message.from_.email if arrival.message.from_ else ""
        self._records.note_lead(str(fields.get("email") or ""), sender)
        return Candidate(record_id, decided.odds, decided.reasons[0] if decided.reasons else Reason(decided.rule, ""))

    def _log_mail(self) -> None:
        """Each linked mail once on the records of its thread; the files of submissions too, where text may leave."""
        by_records: dict[tuple[int, ...], list[int]] = defaultdict(list)
        for thread_id, message_ids in self._linked_mail.items():
            by_records[tuple(sorted(self._records.state(thread_id).links))] += message_ids
        with_text = self._rules.log_mail == mail_log.TEXT
        for record_ids, message_ids in by_records.items():
            mail_log.log_messages(self._unit, message_ids, record_ids, self._now, with_text=with_text)
            if with_text and (submitted := self._submissions.intersection(message_ids)):
                file_log.attach(self._unit, sorted(submitted), record_ids, AGENT, self._now)


def _is_honest_form(decided: Decided) -> bool:
    """What robots, advertisers and our own people type into a form changes no record."""
    return decided.verdict.submitted is not None and decided.verdict.creates_lead
