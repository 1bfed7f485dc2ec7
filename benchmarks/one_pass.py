"""One pass in this process, with where its time goes: `python -m benchmarks.one_pass CONFIG [--profile]`.

Prints the summary as JSON; with --profile, on stderr, the share of each step and the functions that cost most.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from pathlib import Path

from agent.daemon import run_pass
from benchmarks.sampling import Sampler
from sync import settings
from sync.store.schema import open_store

# The first of these on a stack, from its bottom, names the step; a module's path ends so.
STEPS = (
    ("agent/crm_pass.py", "", "CRM: pull and push"),
    ("agent/parse.py", "parse_message", "parse"),
    ("sync/store/threads.py", "assign_threads", "thread"),
    ("sync/thread_facts.py", "", "thread"),
    ("agent/judging/__init__.py", "", "judge"),
    ("agent/linking/__init__.py", "", "link"),
    ("agent/decide.py", "", "judge and link, rest"),
    ("agent/page_records.py", "", "link: look-ups"),
    ("agent/effects.py", "", "link: write"),
    ("sync/store/mail.py", "insert_arrivals", "store: messages and index"),
    ("sync/store/mail.py", "insert_copies", "store: copies"),
    ("sync/store/mail.py", "", "store: look-ups"),
    ("sync/store/thread_summary.py", "", "store: rows of the list"),
    ("sync/mailboxes/", "", "fetch"),
    ("queue.py", "get", "writer waits for mail"),
    ("queue.py", "put", "fetcher waits for the writer"),
    ("agent/ingest.py", "", "rest of a page: commit"),
)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("config", type=Path)
    options.add_argument("--profile", action="store_true")
    given = options.parse_args()
    loaded = settings.load(given.config)
    store = open_store(loaded.database)
    started, cpu = time.perf_counter(), time.process_time()
    sampler = Sampler(STEPS)
    if given.profile:
        sampler.start()
    summary = run_pass(loaded, store, lambda progress: None)
    sampler.stop()
    spent = {"seconds": time.perf_counter() - started, "cpu_seconds": time.process_time() - cpu}
    store.close()
    print(json.dumps(dataclasses.asdict(summary) | spent, default=str))
    if given.profile:
        print(sampler.report(), file=sys.stderr)


if __name__ == "__main__":
    main()
