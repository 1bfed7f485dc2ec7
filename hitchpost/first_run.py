"""The first run's other half: what its pages ask, whether the answers work, and the configuration they make."""

from __future__ import annotations

import contextlib
import getpass
from collections.abc import Mapping, Sequence
from pathlib import Path

from crm_adapters import registry as crm_backends
from crm_model.errors import ConfigError, HitchpostError
from crm_model.options import Connection, OptionSpec, OptionType, OptionValue
from hitchpost.connections import option_value
from hitchpost.explain import explained_new
from sync.mailboxes import registry as mailbox_kinds
from sync.secrets import SecretKind, SecretSource, check_keyring, keep_secret
from sync.settings import WEB_FORMS, parse
from sync.settings.change import SetKey, propose, write
from sync.settings.file import TableName, add_table, create_file
from sync.settings.options import check_options
from sync.settings.template import new_configuration
from tui.first_steps import Answers, Looked, Page, Question

_BY_BROWSER = ("gmail",)
_ASKED = {"mailbox": ("host", "user", "path"), "crm": ("url", "user", "client_id")}
_LOOKED_AT = 40
_NO_CRM = "local"


class FirstRunSteps:
    """Makes the configuration at `file`; until `finish` everything is in memory."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def questions(self, page: Page, answers: Answers) -> Sequence[Question]:
        """See `tui.first_steps.FirstSteps`."""
        if page is Page.PERSON:
            return _about_person()
        if page is Page.PRIVACY:
            return _about_privacy()
        if page is Page.LOOK:
            return ()
        return _about_place(page, answers.get(f"{page}.kind"))

    def check(self, page: Page, answers: Answers) -> Sequence[str]:
        """Errors: HitchpostError with the mend."""
        if page is Page.PERSON:
            self._check_person(answers)
        if page is Page.MAILBOX and answers.get("mailbox.kind"):
            return self._check_mailbox(answers)
        if page is Page.CRM and answers.get("crm.kind", _NO_CRM) != _NO_CRM:
            return _check_crm(self._connection(Page.CRM, answers))
        return ()

    def look(self, answers: Answers) -> Sequence[Looked]:
        """What would be done with the newest page of the inbox. Errors: those of the mailbox."""
        from agent.rehearsal import rehearse_messages
        from agent.rehearsal_view import MemoryRecords
        from agent.rules import Rules

        account = self._connection(Page.MAILBOX, answers)
        rules = Rules(organisation=parse(self._text(answers), self._file).organisation)
        with contextlib.closing(mailbox_kinds.load(account.kind).open(account)) as source:
            folder = source.folders()[0]
            raws = source.fetch_page(folder, "", lambda _uids: set()).messages[:_LOOKED_AT]
        done = rehearse_messages(((raw.uid, raw.data) for raw in reversed(raws)), rules, MemoryRecords())
        heads = {raw.uid: _head(raw.data) for raw in raws}
        looked = [Looked(*heads[str(each["file"])], _outcome(each)) for each in done]
        return looked[::-1]

    def finish(self, answers: Answers) -> None:
        """Errors: ConfigError; then nothing is left half done but a secret that nobody asks for."""
        create_file(self._file, self._text(answers))
        try:
            if answers.get("mailbox.kind"):
                self._add(Page.MAILBOX, "mail_account", "work", answers)
            if answers.get("crm.kind", _NO_CRM) != _NO_CRM:
                self._add(Page.CRM, "crm", "office", answers)
                write(self._file, propose(self._file, [SetKey("leads", "", "crm", "office")]))
        except HitchpostError:
            self._file.unlink(missing_ok=True)
            raise

    def _add(self, page: Page, table: TableName, name: str, answers: Answers) -> None:
        kind = answers[f"{page}.kind"]
        secret = answers.get(f"{page}.secret", "")
        source = _place_of_secret(self._file, name, page) if secret else None
        if source is not None:
            keep_secret(source, name, secret)
        add_table(self._file, table, name=name, kind=kind, options=_options(page, kind, answers), secret=source)

    def _check_person(self, answers: Answers) -> None:
        try:
            parse(self._text(answers), self._file)
        except ConfigError as error:  # no file is there yet that a person could look into
            raise error.without_file from error

    def _check_mailbox(self, answers: Answers) -> Sequence[str]:
        account = self._connection(Page.MAILBOX, answers)
        if account.kind in _BY_BROWSER:
            raise ConfigError(
                "signing in with the browser comes after this: hitchpost mailbox sign-in work", key="kind"
            )
        with contextlib.closing(mailbox_kinds.load(account.kind).open(account)) as source:
            return [f"{folder.name}: {'?' if folder.total is None else folder.total}" for folder in source.folders()]

    def _connection(self, page: Page, answers: Answers) -> Connection:
        """The place as it was answered, its secret in memory. Errors: ConfigError."""
        kind = answers[f"{page}.kind"]
        specs = (crm_backends if page is Page.CRM else mailbox_kinds).load(kind).options

        def refuse(key: str, problem: str, nearest: str | None = None) -> ConfigError:
            return ConfigError(problem, key=key, nearest=nearest)

        options = check_options(_options(page, kind, answers), specs, self._file.parent.absolute(), refuse)
        return Connection("first", kind, options, lambda: answers.get(f"{page}.secret", ""))

    def _text(self, answers: Answers) -> str:
        return new_configuration(
            author=answers.get("person.author", ""),
            organisation=answers.get("person.organisation", ""),
            domains=answers.get("person.domains", "").replace(",", " ").split(),
            addresses=(),
            region=answers.get("person.region", ""),
            leads_mode=answers.get("privacy.leads", "suggest"),
            log_mail=answers.get("privacy.log_mail", "text"),
        )


def _about_person() -> Sequence[Question]:
    return (
        Question("author", "Your name", getpass.getuser(), required=True),
        Question("organisation", "Your company", help="as Company AS"),
        Question("domains", "Its mail domains", help="company.example, with blanks between several", required=True),
        Question("region", "Country", help="two letters, as NO"),
    )


def _about_privacy() -> Sequence[Question]:
    modes = (("suggest", "suggest them; one key makes them"), ("auto", "make them when it is sure"))
    logged = (("text", "the text of linked mail"), ("headers", "date, people and subject"), ("off", "nothing"))
    return (
        Question("leads", "Leads", "suggest", choices=modes),
        Question("log_mail", "To the CRM goes", "text", choices=logged),
    )


def _about_place(page: Page, chosen: str | None) -> Sequence[Question]:
    """The kind, what it can't do without and what people usually give; the rest is for the settings."""
    if page is Page.CRM:
        kinds = tuple(crm_backends.backends())
        first = (_NO_CRM, "none: an embedded one, a file here")
        choices = (first, *((kind, crm_backends.load(kind).title) for kind in kinds if kind != _NO_CRM))
    else:
        kinds = tuple(kind for kind in mailbox_kinds.kinds() if kind != WEB_FORMS)  # comes with the first form
        choices = (*((kind, mailbox_kinds.load(kind).title) for kind in kinds), ("", "later"))
    kind = choices[0][0] if chosen is None else chosen
    asked = [Question("kind", "Kind", kind, choices=choices)]
    if kind in ("", _NO_CRM):
        return asked
    found = (crm_backends if page is Page.CRM else mailbox_kinds).load(kind)
    asked += [_question(spec) for spec in found.options if spec.required or spec.name in _ASKED[page.value]]
    if found.needs_secret and kind not in _BY_BROWSER:
        asked.append(Question("secret", "Password or key", required=True, secret=True))
    return asked


def _question(spec: OptionSpec) -> Question:
    choices = tuple((choice, choice) for choice in spec.choices) if spec.type is OptionType.TEXT else ()
    return Question(spec.name, spec.name.replace("_", " ").capitalize(), "", spec.help, choices, spec.required)


def _options(page: Page, kind: str, answers: Answers) -> Mapping[str, OptionValue]:
    specs = (crm_backends if page is Page.CRM else mailbox_kinds).load(kind).options
    given = {spec: answers.get(f"{page}.{spec.name}", "") for spec in specs}
    return {spec.name: option_value(spec, text) for spec, text in given.items() if text}


def _place_of_secret(file: Path, name: str, page: Page) -> SecretSource:
    """The keyring where there is one, else a file that only its owner may read."""
    try:
        check_keyring(name)
    except ConfigError:
        return SecretSource(SecretKind.FILE, str(file.absolute().parent / f"{name}.{page}.secret"))
    return SecretSource(SecretKind.KEYRING, f"{name} {page}")


def _check_crm(crm: Connection) -> Sequence[str]:
    try:
        with contextlib.closing(crm_backends.load(crm.kind).open(crm)) as adapter:
            info = adapter.test()
    except HitchpostError as error:
        raise explained_new(error, crm.name) from error
    return [info.product, ", ".join(f"{kind.value}: {count}" for kind, count in info.counts.items())]


def _head(data: bytes) -> tuple[str, str]:
    """Who wrote, about what."""
    from agent.parse import parse_message
    from crm_model.errors import BadMessage
    from crm_model.mail import RawMessage

    try:
        message = parse_message(RawMessage("", data, len(data)))
    except BadMessage:
        return "?", "?"
    return str(message.from_.name or message.from_.email) if message.from_ else "?", message.subject


def _outcome(done: Mapping[str, object]) -> str:
    if done["creates_lead"]:
        return "a lead"
    return str(done.get("verdict") or done["outcome"]).replace("_", " ")
