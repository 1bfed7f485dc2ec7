"""vtiger's query language: whatever stands in a mail address stays inside its quotes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm_adapters.vtiger import vtql
from crm_model.field_values import clean_text
from tests.fakes.vtiger_query import QueryError, mysql_text, parse, select_rows, tokens_of

_ROWS = [{"id": "12x1", "name": "A", "email": "a@x"}, {"id": "12x2", "name": "Q", "email": "q@x"}]


@given(st.text(min_size=1, max_size=40).filter(clean_text))
def test_a_literal_is_one_token_and_reads_back(text: str) -> None:
    literal = vtql.literal(text)
    assert tokens_of(literal) == [literal]
    assert mysql_text(literal) == clean_text(text)


@pytest.mark.parametrize("text", ["\\", "\\' or 1=1 -- ", "'; drop table x; --", "' or ''='"])
def test_nothing_breaks_out_of_its_quotes(text: str) -> None:
    query = parse(vtql.select("Leads", vtql.equals("email", text)))
    assert [[(each.column, [mysql_text(value) for value in each.values]) for each in every] for every in
            query.alternatives] == [[("email", [text])]]  # fmt: skip


def test_there_is_no_empty_literal() -> None:
    with pytest.raises(ValueError, match="empty"):
        vtql.literal("\x00")


def test_and_binds_tighter_than_or() -> None:
    query = parse("select id from Contacts where name='Q' and email='a@x' or email='q@x';")
    assert [row["id"] for row in select_rows(query, _ROWS, lambda name: name == "id")] == ["12x2"]


def test_a_direction_counts_for_the_last_column() -> None:
    query = parse(vtql.select("Contacts", order="name, id desc"))
    assert (query.order, query.descending) == (["name", "id"], True)


@pytest.mark.parametrize("text", ["select id from Leads", "select id from Leads where (id='1x1');", "update x;"])
def test_what_vtiger_does_not_understand_is_refused_by_the_fake(text: str) -> None:
    with pytest.raises(QueryError):
        parse(text)


@given(st.lists(st.text(min_size=1, max_size=120).filter(clean_text), max_size=60))
def test_long_lists_are_asked_for_in_portions_that_fit_an_address(values: list[str]) -> None:
    portions = list(vtql.portions(values))
    assert [value for part in portions for value in part] == list(dict.fromkeys(values))
    assert all(len(part) == 1 or sum(len(vtql.literal(value).encode()) for value in part) <= 1_200 for part in portions)
