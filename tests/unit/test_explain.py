"""Each failure of `crm test` is one sentence that ends with the mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from crm_model.errors import (
    Busy,
    ConfigError,
    HitchpostError,
    LoginNeeded,
    NotSupported,
    RateLimited,
    Rejected,
    Unreachable,
)
from crm_model.options import Connection
from hitchpost.explain import explained, explained_new

FILE = Path("/etc/hitchpost/config.toml")
SUGAR = Connection("sugar", "sugar", {}, secret=str)


@pytest.mark.parametrize(
    ("error", "kind", "mend"),
    [
        (LoginNeeded("The CRM refuses the password.", account="sugar"), LoginNeeded, "crm test sugar --new-secret"),
        (Unreachable("crm.x can't be reached; it will be tried again."), Unreachable, "check its address in /etc"),
        (RateLimited("Too many calls."), RateLimited, "wait a little, then test again"),
        (Busy("A login is under way."), Busy, "wait a little, then test again"),
        (Rejected("No access."), HitchpostError, "ask who looks after sugar"),
        (NotSupported("No API.", feature="api"), HitchpostError, "ask who looks after sugar"),
    ],
)
def test_a_failure_is_one_sentence_with_its_mend(error: HitchpostError, kind: type, mend: str) -> None:
    told = explained(error, SUGAR, FILE)
    assert isinstance(told, kind)
    assert mend in str(told)
    assert "tried again" not in str(told)
    assert ". " not in str(told).replace("crm.x ", "")


def test_a_wrong_setting_is_named_with_file_and_key() -> None:
    told = explained(ConfigError("the address should look like https://crm.company.com", key="url"), SUGAR, FILE)
    assert str(told).startswith("/etc/hitchpost/config.toml: crm “sugar”: url: the address should")


@pytest.mark.parametrize(
    ("error", "kind", "mend"),
    [
        (LoginNeeded("The CRM refuses the password.", account="sugar"), LoginNeeded, "check its user (--set user)"),
        (Unreachable("crm.x can't be reached; it will be tried again."), Unreachable, "check its address (--set url)"),
        (RateLimited("Too many calls."), RateLimited, "wait a little, then run this again"),
        (ConfigError("the address should look like https://crm.company.com", key="url"), ConfigError, "--set url: the"),
        (ConfigError("the secret is no JSON"), ConfigError, "the secret is no JSON"),
    ],
)
def test_what_is_not_added_yet_is_mended_in_the_command(error: HitchpostError, kind: type, mend: str) -> None:
    told = explained_new(error, "sugar")
    assert isinstance(told, kind)
    assert mend in str(told)
    assert not any(word in str(told) for word in ("tried again", "crm test", "--new-secret", ".toml"))
