"""Widgets of the triage TUI, one per file."""
