"""Ways of sending mail: `contract` says what each promises, `smtp` is one; a kind of mailbox may bring its own."""
