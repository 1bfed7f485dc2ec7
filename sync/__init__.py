"""The local database: mailboxes in, records out and in."""
