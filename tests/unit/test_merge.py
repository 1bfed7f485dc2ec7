"""The laws of the three-way merge."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crm_model.field_values import same_value
from crm_model.records import FieldValue
from sync.merge import merge_fields, settle_fields

NAMES = ("title", "phone", "amount", "domains")
SCALARS: st.SearchStrategy[FieldValue] = st.one_of(
    st.none(), st.booleans(), st.integers(0, 3), st.sampled_from(["", "a", "b", "c"])
)
PARTS: st.SearchStrategy[FieldValue] = st.lists(st.sampled_from("abcd"), unique=True).map(tuple)
FIELDS = st.fixed_dictionaries({}, optional={"title": SCALARS, "phone": SCALARS, "amount": SCALARS, "domains": PARTS})
Values = dict[str, FieldValue]


def agree(one: Values, other: Values) -> bool:
    return all(
        set(a) == set(b) if isinstance(a, tuple) and isinstance(b, tuple) else same_value(a, b)
        for a, b in ((one.get(name), other.get(name)) for name in NAMES)
    )


@given(FIELDS)
def test_nothing_changed_merges_to_itself(base: Values) -> None:
    merged = merge_fields(base, base, base)
    assert agree(dict(merged.fields), base)
    assert (merged.to_push, merged.conflicts) == ({}, ())


@given(FIELDS, FIELDS)
def test_what_only_one_side_changed_is_taken(base: Values, changed: Values) -> None:
    mine = merge_fields(base, changed, base)
    theirs = merge_fields(base, base, changed)
    assert agree(dict(mine.fields), changed)
    assert agree(dict(theirs.fields), changed)
    assert (mine.conflicts, theirs.conflicts, theirs.to_push) == ((), (), {})
    assert all(not same_value(base.get(name), value) for name, value in mine.to_push.items())


@given(FIELDS, FIELDS)
def test_the_same_edit_on_both_sides_is_no_conflict(base: Values, both: Values) -> None:
    merged = merge_fields(base, both, both)
    assert agree(dict(merged.fields), both)
    assert (merged.to_push, merged.conflicts) == ({}, ())


@given(FIELDS, FIELDS, FIELDS)
def test_no_edit_is_lost(base: Values, mine: Values, theirs: Values) -> None:
    merged = merge_fields(base, mine, theirs)
    clashing = {conflict.name: conflict for conflict in merged.conflicts}
    for name in NAMES:
        was, ours, other, now = (held.get(name) for held in (base, mine, theirs, merged.fields))
        if name in clashing:
            assert (clashing[name].mine, clashing[name].theirs) == (ours, other)
            assert name not in merged.to_push
        elif isinstance(now, tuple):
            sets = [set(value) if isinstance(value, tuple) else set() for value in (was, ours, other)]
            assert set(now) == ((sets[1] & sets[2]) | (sets[1] - sets[0]) | (sets[2] - sets[0]))
        else:
            assert same_value(ours, was) or same_value(now, ours)
            assert same_value(other, was) or same_value(now, other)


@given(FIELDS, FIELDS, FIELDS)
def test_both_sides_see_the_same_conflicts_and_agree_on_the_rest(base: Values, mine: Values, theirs: Values) -> None:
    here, there = merge_fields(base, mine, theirs), merge_fields(base, theirs, mine)
    names = {conflict.name for conflict in here.conflicts}
    assert names == {conflict.name for conflict in there.conflicts}
    settled = [{name: held.fields.get(name) for name in NAMES if name not in names} for held in (here, there)]
    assert agree(*settled)


@given(FIELDS, st.sets(st.sampled_from(NAMES)), FIELDS, FIELDS)
def test_edits_of_different_fields_always_merge(base: Values, ours: set[str], mine: Values, theirs: Values) -> None:
    edited = {name: (mine if name in ours else base).get(name) for name in NAMES}
    others = {name: (base if name in ours else theirs).get(name) for name in NAMES}
    merged = merge_fields(base, edited, others)
    assert merged.conflicts == ()
    assert agree(dict(merged.fields), {name: (mine if name in ours else theirs).get(name) for name in NAMES})
    assert set(merged.to_push) <= ours


@given(FIELDS, FIELDS, FIELDS)
def test_pushing_what_the_crm_lacks_leaves_nothing_to_push(base: Values, mine: Values, theirs: Values) -> None:
    first = merge_fields(base, mine, theirs)
    pushed = {**theirs, **first.to_push}
    again = merge_fields(theirs, dict(first.fields), pushed)
    assert [conflict for conflict in again.conflicts if conflict.name in first.to_push] == []
    assert set(again.to_push) <= {conflict.name for conflict in first.conflicts}


@given(FIELDS, FIELDS, FIELDS, FIELDS)
def test_an_answer_takes_over_what_was_asked_and_keeps_later_edits(
    base: Values, asked: Values, later: Values, theirs: Values
) -> None:
    mine = {**base, **asked, **later}
    settled = settle_fields(base, mine, asked, theirs)
    for name in NAMES:
        sent = asked[name] if name in asked else base.get(name)
        expected = theirs if same_value(mine.get(name), sent) else mine
        assert same_value(settled.get(name), expected.get(name))
