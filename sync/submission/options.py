"""What a mail account is told about sending; the registry of mailboxes adds it to every kind's own options."""

from __future__ import annotations

from crm_model.options import OptionSpec, OptionType

SENDER_OPTIONS = (
    OptionSpec(
        "sender",
        OptionType.TEXT,
        "Who mail is from, as “Kari Nordmo <kari@fjordlys.example>”; the user name, if that is an address.",
    ),
    OptionSpec("signature", OptionType.TEXT, "What stands below every mail that is written from this account."),
    OptionSpec(
        "html_version", OptionType.BOOLEAN, "Send an HTML version of every mail beside the plain text.", default=False
    ),
)
"""For every account, however it sends."""

SMTP_OPTIONS = (
    OptionSpec("smtp_host", OptionType.TEXT, "The server that takes mail for sending; without it nothing is sent."),
    OptionSpec(
        "smtp_port",
        OptionType.INTEGER,
        "The port, if it is not 465 (tls), 587 (starttls) or 25 (none).",
        default=0,
        zero="the usual one",
    ),
    OptionSpec(
        "smtp_tls",
        OptionType.TEXT,
        "Encrypted from the start (tls), after a greeting (starttls), or not at all (none; only on this machine).",
        default="tls",
        choices=("tls", "starttls", "none"),
    ),
    OptionSpec("smtp_user", OptionType.TEXT, "The user name there, if it is not the mailbox's; empty to not sign in."),
    OptionSpec("smtp_ca_file", OptionType.PATH, "Certificates to trust there instead of the system's, in PEM form."),
    OptionSpec(
        "send_into",
        OptionType.PATH,
        "A Maildir that takes mail in a server's place: it all looks sent and nobody gets any, for trying out.",
    ),
    OptionSpec(
        "save_sent",
        OptionType.BOOLEAN,
        "Put a copy of sent mail into Sent, unless the server did.",
        default=True,
    ),
)
"""For an account whose kind does not send by itself."""
