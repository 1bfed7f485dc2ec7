"""Rows and records laid out as lines of styled text: pure functions, no widgets."""
