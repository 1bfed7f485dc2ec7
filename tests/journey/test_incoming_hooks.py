"""Another program tells us of a lead and of a call: signed, at the real outpost, into the embedded CRM, once."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest

from agent.hooks.signing import signed_headers
from tests.journey.workplace import Workplace, make_workplace
from tests.servers.dovecot import free_port
from tests.servers.outpost import start_command

LEAD = {
    "event": "lead",
    "fields": {"name": "Ida Bø", "email": "ida@bo.example", "company": "Bø AS", "message": "Call me"},
}
CALL = {"event": "activity", "kind": "call", "email": "IDA@bo.example", "text": "Wants the offer by Friday"}


class Outside:
    """The other program."""

    def __init__(self, url: str, secret: str) -> None:
        self._url, self._secret = url, secret

    def tell(self, body: Any, key: str = "1", *, at: datetime | None = None, hook: str = "calls") -> tuple[int, str]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = signed_headers(self._secret, key, at or datetime.now(UTC), data)
        answer = httpx2.post(f"{self._url}/h/{hook}", content=data, headers=headers, trust_env=False)
        return answer.status_code, str(answer.json().get("message", ""))


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    made = make_workplace(tmp_path)
    (tmp_path / "calls.secret").write_text("swordfish")
    (tmp_path / "calls.secret").chmod(0o600)
    port = free_port()
    made.config.write_text(
        made.config.read_text().replace('mode = "suggest"', 'mode = "auto"')
        + f'\n[web]\nlisten = "127.0.0.1:{port}"\nfolder = "{tmp_path / "outpost"}"\n'
    )
    made.run("hooks", "add", "calls", "--incoming", "--secret-command", f"cat {tmp_path / 'calls.secret'}")
    return made


def test_a_lead_and_a_call_are_told_once_each(place: Workplace) -> None:
    url = f"http://{tomllib.loads(place.config.read_text())['web']['listen']}"
    place.run("sync")
    outpost = start_command(["web", "--config", str(place.config)], place.folder / "web.log", url)
    try:
        outside = Outside(url, "swordfish")
        place.run("sync")
        assert outside.tell(LEAD)[0] == 202
        assert outside.tell(LEAD)[0] == 202, "its answer was lost, it tells again"
        assert outside.tell(LEAD, hook="nobody")[0] == 404
        assert Outside(url, "marlin").tell(LEAD, "9") == (
            401,
            "The signature is not right: compare the secrets of both sides.",
        )
        assert outside.tell(LEAD, "9", at=datetime.now(UTC) - timedelta(hours=1))[0] == 401
        assert outside.tell(b"[" * 10_000, "9")[0] == 400
        assert "event" in outside.tell({"event": "party"}, "9")[1]
        assert (
            "nickname" in outside.tell({"event": "lead", "fields": {"email": "x@y.example", "nickname": "I"}}, "9")[1]
        )
        place.run("sync")
        (lead,) = [each for each in place.json("leads") if "ida@bo.example" in json.dumps(each)]
        assert outside.tell(CALL, "2")[0] == 202
        assert outside.tell(CALL, "2")[0] == 202
        assert outside.tell({**CALL, "email": "nobody@x.example"}, "3")[0] == 202
        place.run("sync")
        record = place.json("record", str(lead["id"]))
        told = [each for each in record["activities"] if each["kind"] == "call"]
        assert [each["subject"] for each in told] == ["Wants the offer by Friday"]
    finally:
        outpost.terminate()
        outpost.wait(20)
    assert [each["kind"] for each in place.json("hooks", "list")] == ["incoming_hook"]
    place.run("hooks", "remove", "calls")
    assert place.json("hooks", "list") == []
