"""What the configuration says about web forms."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from crm_model.errors import ConfigError
from crm_model.web_forms import (
    FILE_TYPES,
    LANGUAGES,
    MEANINGS,
    TRAP,
    USUAL_FIELDS,
    USUAL_FILE_TYPES,
    ConsentBox,
    FormField,
    FormRules,
    InputKind,
    WebForm,
)
from sync.composing.draft import Desk
from sync.settings.model import FormFieldTable, FormTable
from sync.settings.options import nearest_name

_LENGTHS = {InputKind.TEXTAREA: 5_000, InputKind.EMAIL: 254, InputKind.PHONE: 40}
_REACHES = ("email", "phone")


def read_forms(tables: Sequence[FormTable], accounts: Sequence[str], path: Path) -> tuple[FormRules, ...]:
    """The forms; `accounts` are the mail accounts that there are. Errors: ConfigError."""
    names = [table.name for table in tables]
    twin = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if twin is not None:
        raise ConfigError("two forms have this name; give one of them another", file=path, key=f"form “{twin}”")
    return tuple(_Reader(table, path).rules(accounts) for table in tables)


def check_opt_in(forms: Sequence[FormRules], desk: Desk, path: Path) -> None:
    """A double opt-in needs somebody who mails its link, and an address for the link. Errors: ConfigError."""
    senders = {identity.account for identity in desk.identities}
    for rules in forms:
        if not rules.form.double_opt_in:
            continue
        problem = ""
        if not senders or (rules.mail_account and rules.mail_account not in senders):
            problem = "needs a mail account that can send: give it smtp_host"
        elif not desk.tracking.url:
            problem = "needs url in [tracking]: where the world reaches the outpost"
        if problem:
            raise ConfigError(problem, file=path, key=f"form “{rules.form.name}”: double_opt_in")


class _Reader:
    """One `[[form]]` on its way to its rules."""

    def __init__(self, table: FormTable, path: Path) -> None:
        self._table, self._path = table, path

    def rules(self, accounts: Sequence[str]) -> FormRules:
        table = self._table
        if table.mail_account and table.mail_account not in accounts:
            raise self._refuse("mail_account", table.mail_account, accounts)
        owners = {service.strip().lower(): owner for service, owner in table.owners.items()}
        owners = {("" if service == "*" else service): owner for service, owner in owners.items()}
        return FormRules(self._form(), table.leads, owners, table.mail_account, table.confirm_days)

    def _form(self) -> WebForm:
        table = self._table
        return WebForm(
            name=table.name,
            title=table.title,
            intro=table.intro,
            languages=tuple(dict.fromkeys(table.languages)),
            fields=self._fields(),
            consents=tuple(
                ConsentBox(each.name, each.text, each.to, each.version, each.required) for each in table.consent
            ),
            origins=tuple(dict.fromkeys(table.origins)),
            file_types=self._file_types(),
            file_bytes=table.file_megabytes * 1_000_000,
            file_count=table.file_count,
            per_hour=table.per_hour,
            double_opt_in=table.double_opt_in,
            thank_you=table.thank_you,
            redirect=table.redirect,
            privacy=table.privacy,
            privacy_url=table.privacy_url,
        )

    def _fields(self) -> tuple[FormField, ...]:
        table = self._table
        fields = tuple(self._field(each) for each in table.field) or USUAL_FIELDS
        names = [each.name for each in fields] + [each.name for each in table.consent]
        twin = next((name for number, name in enumerate(names) if name in names[:number]), None)
        if twin is not None:
            raise self._error(f"field “{twin}”", "two fields have this name; give one of them another")
        if not any(each.means in _REACHES for each in fields):
            raise self._error("field", "nobody can be answered: ask for an e-mail address or a phone number")
        if table.double_opt_in and not any(each.means == "email" and each.required for each in fields):
            raise self._error("double_opt_in", "needs a required field that means email: where the link goes")
        return fields

    def _field(self, table: FormFieldTable) -> FormField:
        key = f"field “{table.name}”"
        kind = InputKind(table.kind)
        if table.name == TRAP or table.name in ("csrf", "lang"):
            raise self._error(key, "this name is the form's own; choose another")
        means = table.means if table.means is not None else (table.name if table.name in MEANINGS else "")
        if means and means not in MEANINGS:
            raise self._refuse(f"{key}: means", means, MEANINGS)
        if (kind is InputKind.CHOICE) != bool(table.choices):
            raise self._error(f"{key}: choices", "belong to the kind choice, and it needs some")
        labels = dict.fromkeys(LANGUAGES, table.label) if isinstance(table.label, str) else dict(table.label)
        labels = {language: label for language, label in labels.items() if label}
        if not labels and not means and kind is not InputKind.HIDDEN:
            raise self._error(f"{key}: label", "is needed: the form has no word of its own for this")
        return FormField(
            name=table.name,
            kind=kind,
            means=means,
            labels=labels,
            required=table.required,
            max_length=table.max_length or _LENGTHS.get(kind, 200),
            choices=tuple(dict.fromkeys(table.choices)),
            value=table.value,
        )

    def _file_types(self) -> tuple[str, ...]:
        given = self._table.file_types
        for name in given or ():
            if name not in FILE_TYPES:
                raise self._refuse("file_types", name, tuple(FILE_TYPES))
        return USUAL_FILE_TYPES if given is None else tuple(dict.fromkeys(given))

    def _refuse(self, key: str, given: str, valid: Sequence[str]) -> ConfigError:
        return self._error(key, f"can be {', '.join(valid) or 'left out'}.", nearest_name(given, valid))

    def _error(self, key: str, problem: str, nearest: str | None = None) -> ConfigError:
        return ConfigError(problem, file=self._path, key=f"form “{self._table.name}”: {key}", nearest=nearest)
