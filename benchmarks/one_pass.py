"""One pass in this process, with where its time goes: `python -m benchmarks.one_pass CONFIG [--profile] [--again N]`.

Prints the summary as JSON; with --profile, on stderr, the CPU time of each step and the functions that cost most.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
import time
from pathlib import Path

from agent.daemon import run_pass
from benchmarks.measure import timed
from benchmarks.sampling import Sampler
from benchmarks.steps import Steps
from sync import settings
from sync.store.schema import open_store


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("config", type=Path)
    options.add_argument("--profile", action="store_true")
    options.add_argument("--again", type=int, default=0, help="more passes, each timed by itself")
    given = options.parse_args()
    loaded = settings.load(given.config)
    store = open_store(loaded.database)
    cpu = time.process_time()
    sampler, steps = Sampler(), Steps()
    if given.profile:
        steps.watch()
        sampler.start()
    summary = run_pass(loaded, store, lambda progress: None)
    sampler.stop()
    again = [timed(lambda: run_pass(loaded, store, lambda progress: None)) for _ in range(given.again)]
    spent = {"cpu_seconds": time.process_time() - cpu, "again": again}
    store.close()
    print(json.dumps(dataclasses.asdict(summary) | spent, default=str))
    if given.profile:
        print(steps.report(sum(summary.outcomes.values())), sampler.report(), sep="\n", file=sys.stderr)


if __name__ == "__main__":
    main()
