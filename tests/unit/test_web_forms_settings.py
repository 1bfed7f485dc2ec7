"""`[[form]]` in the configuration, and the commands that write it."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_model.errors import ConfigError
from crm_model.web_forms import USUAL_FIELDS, FormRules, InputKind, pack_form, unpack_form
from sync.settings import parse
from sync.settings.file import add_form, remove_table

FILE = Path("/etc/hitchpost/config.toml")
HEAD = '[[form]]\nname = "contact"\ntitle = "Contact"\n'


def form(text: str) -> FormRules:
    return parse(HEAD + text, FILE).forms[0]


def test_a_form_that_says_nothing_asks_the_usual() -> None:
    rules = form("")
    assert rules.form.fields == USUAL_FIELDS
    assert rules.form.languages == ("en",)
    assert "zip" not in rules.form.file_types
    assert (rules.leads, dict(rules.owners)) == ("", {})


def test_a_form_survives_the_way_to_the_outpost() -> None:
    rules = form("""
        languages = ["no", "en"]
        origins = ["https://Www.Company.example/"]
        [[form.field]]
        name = "email"
        kind = "email"
        label = { no = "Adresse" }
        [[form.field]]
        name = "size"
        kind = "choice"
        choices = ["small", "large"]
        label = "How large?"
        [[form.consent]]
        name = "news"
        text = "Send me news"
        to = "mail"
        version = "2"
    """)
    assert rules.form.origins == ("https://www.company.example",)
    assert rules.form.fields[1].kind is InputKind.CHOICE
    assert unpack_form(pack_form(rules.form)) == rules.form


def test_owners_go_by_the_service() -> None:
    rules = form('owners = { "Web design" = "kari", "*" = "ola" }')
    assert [rules.owner(service) for service in ("web design ", "hosting", "")] == ["kari", "ola", "ola"]


@pytest.mark.parametrize(
    ("text", "key", "words"),
    [
        ('redirect = "http://company.example"', "redirect", "https://"),
        ('redirect = "https://a@b.example/"', "redirect", "https://"),
        ('redirect = "javascript:alert(1)"', "redirect", "https://"),
        ('origins = ["*"]', "origins", "without a path"),
        ('origins = ["https://a.example/path"]', "origins", "without a path"),
        ('languages = ["de"]', "languages", "must be"),
        ("languages = []", "languages", ""),
        ('file_types = ["exe"]', "file_types", "can be"),
        ('mail_account = "work"', "mail_account", "left out"),
        ('[[form.field]]\nname = "company"', "field", "nobody can be answered"),
        ('[[form.field]]\nname = "email"\n[[form.field]]\nname = "email"', "field “email”", "two fields"),
        ('[[form.field]]\nname = "csrf"', "field “csrf”", "another"),
        ('[[form.field]]\nname = "email"\nkind = "choice"', "choices", "needs some"),
        ('[[form.field]]\nname = "email"\n[[form.field]]\nname = "floor"', "label", "no word of its own"),
        ('[[form.field]]\nname = "email"\nmeans = "emial"', "means", "email"),
        ('double_opt_in = true\n[[form.field]]\nname = "phone"', "double_opt_in", "required"),
        ("double_opt_in = true", "double_opt_in", "can send"),
        ('titel = "x"', "titel", "title"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, key: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        form(text)
    assert key in str(caught.value)
    assert words in str(caught.value)


def test_two_forms_of_one_name_are_refused() -> None:
    with pytest.raises(ConfigError, match="two forms"):
        parse(HEAD + HEAD, FILE)


@pytest.mark.parametrize("name", ["Contact", "a b", "-a", "a/b", "", "æ", "a" * 41])
def test_a_name_must_stand_in_an_address(name: str) -> None:
    with pytest.raises(ConfigError):
        parse(HEAD.replace("contact", name), FILE)


def test_a_form_is_written_and_removed(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text('# mine\nauthor = "me"\n')
    add_form(file, "contact", {"title": "Contact", "owners": {"hosting": "kari"}, "field": [{"name": "email"}]})
    with pytest.raises(ConfigError, match="taken"):
        add_form(file, "contact", {"title": "Again"})
    with pytest.raises(ConfigError):
        add_form(file, "other", {"title": "Other", "leads": "always"})
    held = parse(file.read_text(), file).forms
    assert [(each.form.name, each.owner("hosting")) for each in held] == [("contact", "kari")]
    remove_table(file, "form", "contact")
    assert file.read_text().startswith("# mine")
    assert parse(file.read_text(), file).forms == ()


def test_a_double_opt_in_needs_a_sender_and_an_address_for_its_link() -> None:
    account = '[[mail_account]]\nname = "work"\nkind = "maildir"\npath = "m"\nsmtp_host = "s"\nsender = "a@b.example"\n'
    with pytest.raises(ConfigError, match="where the world reaches"):
        form(f"double_opt_in = true\n{account}")
    tracking = '[tracking]\nurl = "https://t.company.example"\n'
    assert form(f"double_opt_in = true\n{account}{tracking}").form.double_opt_in
