"""Cells, wrapping, times and the window over a long list."""

from __future__ import annotations

from array import array
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from crm_model.safe_text import safe_line
from tui.cells import cut, fit, wrap
from tui.gateway import SuggestionView, ThreadRow
from tui.layout.conversation import reflowed
from tui.layout.suggestion import suggestion_lines
from tui.times import Clock
from tui.window import RowWindow

NOW = datetime(2026, 11, 18, 13, 0, tzinfo=UTC)
WORLD = (
    *(
        "👨\u200d👩\u200d👧 family",
        "👩🏽\u200d💻 coder",
        "🏳\ufe0f\u200d🌈 flag",
        "❤\ufe0f heart",
        "1\ufe0f\u20e3 one",
        "🇳🇴 no",
    ),
    *("שלום עולם", "שָׁלוֹם", "مرحبا بالعالم", "می\u200cخواهم", "한국어 메일", "お見積り（至急）🙂", "e\u0301 acute"),
)
"""Subjects of mail from all over."""

_TEXT = st.text(
    alphabet=st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp", "Mn", "Me", "Mc")), max_size=200
)


@given(_TEXT, st.integers(1, 60))
def test_fit_is_exactly_as_wide_as_asked(text: str, width: int) -> None:
    assert cell_len(fit(text, width)) == width
    assert cell_len(cut(text, width)) <= width


@given(_TEXT, st.integers(2, 60))
def test_wrap_is_never_too_wide_and_loses_only_blanks(text: str, width: int) -> None:
    lines = wrap(text, width)
    assert all(cell_len(line) <= width for line in lines)
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_wide_and_combining_characters_are_counted_as_drawn() -> None:
    assert fit("日本語", 5) == "日本…"
    assert fit("e\u0301" * 3, 4) == "e\u0301" * 3 + " "


def test_no_sign_is_wider_on_one_terminal_than_on_another() -> None:
    """With a selector of presentation some draw two cells and some one, and all that follows stands elsewhere."""
    assert safe_line("\U0001f3d4\ufe0f Åre \u2764\ufe0f") == "\U0001f3d4 Åre \u2764"
    assert cell_len(safe_line("\U0001f3d4\ufe0f")) == 1


@pytest.mark.parametrize("text", WORLD)
def test_every_letter_of_foreign_text_takes_the_cells_that_any_terminal_gives_it(text: str) -> None:
    """What counts clusters and what counts letters agree, so that columns stand wherever it is drawn."""
    shown = safe_line(text)
    assert cell_len(shown) == sum(map(get_character_cell_size, shown))
    assert cell_len(fit(shown, 12)) == 12


def test_letters_that_join_in_writing_stay_joined() -> None:
    assert safe_line("می\u200cخواهم क्\u200dष") == "می\u200cخواهم क्\u200dष"


def test_a_line_of_a_megabyte_wraps_in_no_time() -> None:
    assert len(wrap("x" * 1_000_000, 80)) == 12_500


def test_reflow_joins_only_what_the_pane_would_break_anyway() -> None:
    mail = "A line that its sender broke near the edge of seventy columns so\nthat it goes on here.\n- a list item"
    assert reflowed(mail, 40).count("\n") == 1
    assert reflowed(mail, 90) == mail


@given(st.integers(24, 60))
def test_no_key_of_a_question_is_cut_off_however_narrow_the_sidebar(width: int) -> None:
    asked = SuggestionView(1, 1, "create_lead", 0.9, {"email": "eli@ny.test"}, (), (), NOW)
    lines = [line.text.rstrip() for line in suggestion_lines(asked, width, {})]
    assert all(cell_len(line) <= width for line in lines)
    assert all(any(words in line for line in lines) for words in ("Enter create it", "x no", "l link to a record"))


def test_times_are_short() -> None:
    clock = Clock(lambda: NOW, UTC)
    shown = [clock.short(NOW - timedelta(days=days)) for days in (0, 1, 6, 15, 400)]
    assert shown == ["13:00", "Tue", "Thu", "3 Nov", "Oct 2025"]
    assert clock.short(None) == ""
    assert clock.due(NOW - timedelta(days=15)) == "overdue since 3 Nov"


def _row(number: int, subject: str = "s") -> ThreadRow:
    return ThreadRow(number, subject, "p", "", NOW, 1, 0, 0, False, False, False, False, "")


def test_the_window_asks_for_what_is_in_sight_and_a_margin_and_then_no_more() -> None:
    window = RowWindow()
    window.ids = array("q", range(100_000))
    wanted = window.wanted(50_000, 50_030)
    assert 30 < len(wanted) < 200
    window.put({number: _row(number) for number in wanted}, window.stamp)
    assert window.wanted(50_000, 50_030) == []
    assert window.row(50_005) == _row(50_005)


def test_an_outdated_row_stays_until_an_answer_from_after_the_change() -> None:
    window = RowWindow()
    window.ids = array("q", [1])
    window.put({1: _row(1, "old")}, window.stamp)
    asked_before = window.stamp
    window.outdate([1])
    assert window.row(0) == _row(1, "old")
    window.put({1: _row(1, "still old")}, asked_before)
    assert window.wanted(0, 1) == [1]
    window.put({1: _row(1, "new")}, window.stamp)
    assert window.wanted(0, 1) == []


def test_the_window_forgets_rows_long_out_of_sight() -> None:
    window = RowWindow()
    window.ids = array("q", range(10_000))
    for start in range(0, 10_000, 100):
        window.put({number: _row(number) for number in range(start, start + 100)}, 0)
    assert window.row(0) is None
    assert window.row(9_999) is not None
