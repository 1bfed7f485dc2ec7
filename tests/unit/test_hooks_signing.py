"""A call is believed only if it was signed with the secret, whole and a moment ago."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.hooks.signing import TOLERANCE_SECONDS, check_signature, signed_headers
from crm_model.errors import ConfigError, Rejected

NOW = datetime(2026, 11, 27, 14, 2, tzinfo=UTC)


def test_the_example_of_the_standard() -> None:
    """Figures of the standard's own page, so that its libraries understand us."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    at = datetime.fromtimestamp(1614265330, UTC)
    headers = signed_headers(secret, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@given(secret=st.text(min_size=1).filter(lambda text: not text.startswith("whsec_")), body=st.binary(), key=st.uuids())
def test_what_was_signed_is_believed_and_nothing_else(secret: str, body: bytes, key: object) -> None:
    headers = signed_headers(secret, str(key), NOW, body)
    assert check_signature(secret, headers, body, NOW + timedelta(seconds=TOLERANCE_SECONDS - 1)) == str(key)
    for changed in (
        (secret + "x", headers, body),
        (secret, headers, body + b"x"),
        (secret, {**headers, "webhook-id": "o"}, body),
    ):
        with pytest.raises(Rejected, match="signature"):
            check_signature(*changed, NOW)


def test_one_right_signature_among_several_is_enough_while_secrets_change() -> None:
    headers = signed_headers("new", "k", NOW, b"{}")
    headers["webhook-signature"] = f"v1,AAAA {headers['webhook-signature']}"
    assert check_signature("new", headers, b"{}", NOW) == "k"


@pytest.mark.parametrize("seconds", [TOLERANCE_SECONDS + 1, -TOLERANCE_SECONDS - 1])
def test_a_recorded_call_is_not_believed_later(seconds: float) -> None:
    headers = signed_headers("s", "k", NOW, b"{}")
    with pytest.raises(Rejected, match="too old"):
        check_signature("s", headers, b"{}", NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"webhook-id": "k", "webhook-timestamp": "²", "webhook-signature": "v1,x"},
        {"webhook-id": "k", "webhook-timestamp": "9" * 30, "webhook-signature": "v1,x"},
        {"webhook-id": "k", "webhook-timestamp": "1", "webhook-signature": ""},
    ],
)
def test_what_is_not_signed_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Rejected, match="not signed"):
        check_signature("s", headers, b"{}", NOW)


def test_a_time_that_no_calendar_has_is_another_one() -> None:
    with pytest.raises(Rejected, match="too old"):
        check_signature("s", {**signed_headers("s", "k", NOW, b""), "webhook-timestamp": "9" * 12}, b"", NOW)


@pytest.mark.parametrize("secret", ["whsec_!", "whsec_"])
def test_a_broken_secret_names_the_mend(secret: str) -> None:
    """With nothing behind whsec_ everybody could sign."""
    with pytest.raises(ConfigError, match="base64"):
        signed_headers(secret, "k", NOW, b"")
