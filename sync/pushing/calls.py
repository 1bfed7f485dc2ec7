"""Plans as calls of an adapter, grouped as the CRM takes them: no database here, only the network."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from crm_adapters.contract import Adapter, Write
from crm_model.changes import ChangeKind
from crm_model.errors import HitchpostError, NotFound, Rejected, StaleRevision
from crm_model.records import Activity, Converted, Record
from sync.pushing.faults import AdapterFailed
from sync.pushing.files import ReadFile, hang_file
from sync.pushing.plans import Plan

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Moved:
    """The record was changed in the CRM meanwhile: as it is there now."""

    theirs: Record


Answer = Record | Converted | Moved | str | None | HitchpostError
"""What came of a plan: the record, what a lead became, an activity's id, nothing to tell, or why not."""


@dataclass(frozen=True, slots=True)
class Job:
    """Plans that one thread sends together."""

    plans: tuple[Plan, ...]


def jobs_of(plans: Iterable[Plan], batch_size: int) -> Iterator[Job]:
    """Writes in batches, an e-mail for all of its records at once, everything else by itself."""
    writes: list[Plan] = []
    mails: dict[str, list[Plan]] = {}
    for plan in plans:
        if _is_write(plan):
            writes.append(plan)
        elif message_id := message_id_of(plan):
            mails.setdefault(message_id, []).append(plan)
        else:
            yield Job((plan,))
    for start in range(0, len(writes), batch_size):
        yield Job(tuple(writes[start : start + batch_size]))
    for same in mails.values():
        yield Job(tuple(same))


def message_id_of(plan: Plan) -> str:
    """The Message-ID of a mail to be logged, "" for everything else."""
    activity = plan.change.activity
    return activity.message_id if activity is not None and plan.change.kind is ChangeKind.LOG else ""


def run(job: Job, adapter: Callable[[], Adapter], read_file: ReadFile) -> list[tuple[Plan, Answer]]:
    """Every plan of the job with its answer; errors are answers, too, also that of opening the adapter."""
    try:
        answers = _answers(job.plans, adapter(), read_file)
    except HitchpostError as error:
        answers = [error] * len(job.plans)
    except Exception:
        # Adapters are strangers' code: a bug in one must not hold up the other changes.
        change = job.plans[0].change
        _log.exception("push_crashed", extra={"crm": change.crm, "change": change.id, "kind": change.kind.value})
        answers = [AdapterFailed("The CRM's adapter failed; the log says how.")] * len(job.plans)
    return list(zip(job.plans, answers, strict=True))


def _answers(plans: Sequence[Plan], adapter: Adapter, read_file: ReadFile) -> list[Answer]:
    first = plans[0]
    if _is_write(first):
        return [_or_moved(plan, answer, adapter) for plan, answer in zip(plans, _write(plans, adapter), strict=True)]
    if first.change.activity is not None:
        return _log_mail(plans, adapter) if len(plans) > 1 else [_send_activity(first, first.change.activity, adapter)]
    if first.record is None:
        return [None]
    if first.change.file is not None:
        return [hang_file(adapter, (first.record.kind, first.record.remote_id), first.change, read_file)]
    if first.conversion is not None:
        return [adapter.convert_lead(first.record.remote_id, first.conversion, first.key)]
    adapter.delete(first.record.kind, first.record.remote_id)
    return [None]


def _is_write(plan: Plan) -> bool:
    return plan.record is not None and plan.change.kind in (ChangeKind.CREATE, ChangeKind.UPDATE)


def _write(plans: Sequence[Plan], adapter: Adapter) -> Sequence[Record | HitchpostError]:
    writes = [
        Write(plan.record.kind, plan.to_send, plan.key, plan.record.remote_id, plan.record.revision)
        for plan in plans
        if plan.record is not None
    ]
    return adapter.write(writes)


def _or_moved(plan: Plan, answer: Record | HitchpostError, adapter: Adapter) -> Answer:
    if not isinstance(answer, StaleRevision) or plan.record is None:
        return answer
    try:
        return Moved(adapter.get(plan.record.kind, plan.record.remote_id))
    except HitchpostError as error:
        return error


def _log_mail(plans: Sequence[Plan], adapter: Adapter) -> list[Answer]:
    """One mail on several records is one activity of the CRM. If it refuses one record, each is tried by itself."""
    mails = [plan.change.activity for plan in plans if plan.change.activity is not None]
    together = replace(mails[0], about=tuple(dict.fromkeys(about for mail in mails for about in mail.about)))
    try:
        return [adapter.log_activity(together, plans[0].key)] * len(plans)
    except (NotFound, Rejected):
        return [_logged(plan, mail, adapter) for plan, mail in zip(plans, mails, strict=True)]


def _logged(plan: Plan, mail: Activity, adapter: Adapter) -> Answer:
    try:
        return adapter.log_activity(mail, plan.key)
    except HitchpostError as error:
        return error


def _send_activity(plan: Plan, activity: Activity, adapter: Adapter) -> Answer:
    if plan.change.kind is ChangeKind.LOG:
        return adapter.log_activity(activity, plan.key)
    if plan.change.kind is ChangeKind.UPDATE:
        adapter.update_activity(activity.id, done=activity.done)
    else:
        adapter.delete_activity(activity.id)
    return None
