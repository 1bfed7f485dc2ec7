"""Hebrew, Arabic, CJK and emoji in a real terminal: what stands behind them stands where it is drawn."""

from __future__ import annotations

import re
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.cells import cell_len

from tests.servers.needed import need
from tests.servers.tmux import PACKAGE, in_tmux, is_installed
from tests.unit.test_tui_text import WORLD
from tui.gateway import ThreadRow
from tui.layout.thread_row import thread_spans
from tui.times import Clock

COLUMN = 60


def test_columns_stand_behind_letters_of_every_kind(tmp_path: Path) -> None:
    """Each row of the list as the screen makes it, then a sign at a fixed column: no row is wider than it says."""
    need(is_installed(), PACKAGE)
    clock = Clock(lambda: datetime(2026, 11, 18, 13, 0, tzinfo=UTC), UTC)
    drawn = []
    for text in WORLD:
        row = ThreadRow(1, text, text, text, clock.now(), 3, 1, 1, True, False, False, False, "us")
        for part in (0, 1):
            line = "".join(span.text for span in thread_spans(row, 40, part, clock, chosen=False))
            assert cell_len(line) <= 40
            drawn.append(f"{line}|\x1b[{COLUMN}G#")
    file = tmp_path / "rows"
    file.write_text("\n".join(drawn) + "\nthe end\n", encoding="utf-8")
    program = f"print(open({str(file)!r}, encoding='utf-8').read(), flush=True); input()"
    with in_tmux([sys.executable, "-X", "utf8", "-c", program], columns=80, lines=60) as window:
        shown = window.wait_for("the end").split("\n")
    for line, told in zip(drawn, shown, strict=False):
        width = cell_len(line.partition("|\x1b")[0])
        gap = re.search(r"\|( *)#", told)
        assert gap, told
        assert len(gap[1]) == COLUMN - 2 - width, told
