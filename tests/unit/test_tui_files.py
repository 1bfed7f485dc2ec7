"""Files in the sidebar: each says whether it hangs on the record in the CRM, however narrow the place."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from sync.surroundings import FileRow, Hanging
from tui.layout.around import file_rows
from tui.times import Clock

NOW = datetime(2026, 12, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize("width", [24, 60])
@pytest.mark.parametrize(
    ("hanging", "sign"), [(Hanging.NO, "kB"), (Hanging.WAITING, "…"), (Hanging.DONE, "✓"), (Hanging.REFUSED, "!")]
)
def test_a_file_s_sign_is_the_last_thing_and_never_cut(hanging: Hanging, sign: str, width: int) -> None:
    row = FileRow(1, 2, "2", "a-very-long-name-of-a-plan.pdf", 12_000, NOW, hanging)
    [line] = file_rows([row], width, Clock(lambda: NOW, UTC))
    text = "".join(span.text for span in line.spans)
    assert text.endswith(sign)
    assert len(text) <= width
