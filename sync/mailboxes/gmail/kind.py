"""How a Gmail account is configured. The client library is loaded when one is opened: it takes most of a second."""

from __future__ import annotations

from crm_model.options import Connection, OptionSpec, OptionType
from sync.mailboxes.backfill import BACKFILL_OPTION
from sync.mailboxes.contract import MailboxKind, MailSource, MailWatch
from sync.mailboxes.labels import LABEL_OPTION
from sync.oauth.grant import READ_ONLY_OPTION, SUBSCRIPTION_OPTION
from sync.submission.contract import SentFolder, Submission

UNITS_OPTION = OptionSpec(
    "units_per_minute",
    OptionType.INTEGER,
    "The quota units that may be used in a minute; 6000 is what Google gives a new project for each user.",
    default=6000,
)
GET_UNITS_OPTION = OptionSpec(
    "units_per_message",
    OptionType.INTEGER,
    "What fetching a message costs: 20 units in a new project, 5 in one that used the API before May 2026.",
    default=20,
)
TOPIC_OPTION = OptionSpec(
    "pubsub_topic",
    OptionType.TEXT,
    "The Pub/Sub topic that Gmail is to tell of news, as projects/NAME/topics/NAME.",
)
API_OPTION = OptionSpec(
    "api_url",
    OptionType.TEXT,
    "Another address of the API; for tests.",
    default="https://gmail.googleapis.com",
)


def _open(connection: Connection) -> MailSource:
    from sync.mailboxes.gmail.source import GmailSource

    return GmailSource(connection)


def _open_watch(connection: Connection) -> MailWatch:
    from sync.mailboxes.gmail.watch import GmailWatch

    return GmailWatch(connection)


def _open_submission(connection: Connection) -> Submission:
    from sync.mailboxes.gmail.sending import GmailSubmission

    return GmailSubmission(connection)


def _open_sent(connection: Connection) -> SentFolder:
    from sync.mailboxes.gmail.sending import GmailSent

    return GmailSent(connection)


GMAIL = MailboxKind(
    name="gmail",
    title="Gmail",
    options=(
        OptionSpec("user", OptionType.TEXT, "The address of the mailbox.", required=True),
        READ_ONLY_OPTION,
        UNITS_OPTION,
        GET_UNITS_OPTION,
        BACKFILL_OPTION,
        LABEL_OPTION,
        TOPIC_OPTION,
        SUBSCRIPTION_OPTION,
        API_OPTION,
    ),
    open=_open,
    needs_secret=True,
    watch=_open_watch,
    open_submission=_open_submission,
    open_sent=_open_sent,
)
