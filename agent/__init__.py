"""The background agent: ingest, threads, judging, linking."""
