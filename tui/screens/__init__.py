"""Screens of the triage TUI, one per file."""
