"""One rule of triage each."""
