"""Mailboxes: one contract, one module per kind."""
