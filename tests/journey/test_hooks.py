"""Another program hears of what happens here: the installed command, an agent and a receiver, from add to remove."""

from __future__ import annotations

import contextlib
import json
import signal
import time
from datetime import UTC, datetime
from pathlib import Path

from agent.hooks.signing import check_signature
from crm_model.records import RecordKind
from sync import edits
from sync.store.schema import open_store
from tests.fakes.server import FakeServer, Reply
from tests.journey.workplace import make_workplace

PATIENCE_SECONDS = 40.0


def test_a_lead_is_told_to_a_hook_while_the_agent_runs(tmp_path: Path) -> None:
    place = make_workplace(tmp_path, poll_seconds=5)
    (tmp_path / "hook.secret").write_text("swordfish")
    (tmp_path / "hook.secret").chmod(0o600)
    with FakeServer(lambda request: Reply(200)) as server:
        wish = ["--set", f"url={server.url}/zap", "--set", "events=lead.created", "--set", "allow_private=true"]
        place.run("hooks", "add", "zap", *wish, "--secret-command", f"cat {tmp_path / 'hook.secret'}")
        assert [each["name"] for each in place.json("hooks", "list")] == ["zap"]
        assert place.json("hooks", "test", "zap") == {"hook": "zap", "status": 200}
        place.run("sync")
        agent = place.start("agent")
        try:
            fields = {"last_name": "Bø", "email": "ida@bo.example"}
            with contextlib.closing(open_store(place.database)) as store:
                edits.create_record(store, "local", RecordKind.LEAD, fields, "Ingrid")
            deadline = time.monotonic() + PATIENCE_SECONDS
            while len(server.requests) < 2 and time.monotonic() < deadline:
                time.sleep(0.1)
        finally:
            agent.send_signal(signal.SIGTERM)
            agent.communicate(timeout=30)
        assert agent.returncode == 0
        told = server.requests[1]
        assert check_signature("swordfish", told.headers, told.body, datetime.now(UTC)) == json.loads(told.body)["id"]
        assert json.loads(told.body)["lead"]["email"] == "ida@bo.example"
        (delivery,) = place.json("hooks", "deliveries")
        assert (delivery["state"], delivery["event"], delivery["status"]) == ("delivered", "lead.created", 200)
        assert place.json("hooks", "replay", str(delivery["id"])) == {"waiting": 1}
        assert place.json("hooks", "replay", "99", exit_code=1) == {"waiting": 0}
        place.run("hooks", "remove", "zap")
        assert place.json("hooks", "list") == []
        assert place.json("hooks", "deliveries", "--state", "failed")[0]["error"] == "the hook was removed"
