"""Which interface a server offers, and below which path: asked once, when a connection is opened and first used."""

from __future__ import annotations

from dataclasses import dataclass

from crm_adapters.answers import Answer
from crm_adapters.http import HttpClient
from crm_adapters.suitecrm.v4_1.calls import REST
from crm_model.errors import ConfigError, NotFound, Rejected, Unreachable

_ROOTS = ("", "legacy/", "public/legacy/")
"""SuiteCRM 7 stands at its address itself, SuiteCRM 8 keeps the old code below `legacy`."""

_V8 = ("Api/V8", "Api/index.php/V8")
"""Without rewriting of addresses the second one answers."""


@dataclass(frozen=True, slots=True)
class Found:
    """`root` is the path of the installation, "" or ending in a slash; `api` that of V8 below it."""

    dialect: str
    root: str
    api: str = ""

    @property
    def page_url(self) -> str:
        """The web address of a record, below the site, with places for module and id."""
        if "legacy" in self.root:
            return self.root.removesuffix("legacy/").removesuffix("public/") + "#/{path}/record/{id}"
        return self.root + "index.php?module={module}&action=DetailView&record={id}"


def probe(http: HttpClient, wanted: str) -> Found:
    """`wanted` is v4_1, v8 or auto: v4_1 where there is one, for it sees more. Errors: ConfigError, Unreachable."""
    if wanted in ("auto", "v4_1"):
        for root in _ROOTS:
            if _is_legacy(http, f"{root}{REST}"):
                return Found("v4_1", root)
    if wanted in ("auto", "v8"):
        for root in _ROOTS:
            for api in _V8:
                if _is_v8(http, f"{root}{api}/current-user"):
                    return Found("v8", root, api)
    raise ConfigError(
        f"no SuiteCRM {'' if wanted == 'auto' else wanted + ' '}interface answers at this address;"
        " put the address of the login page here, without index.php",
        key="url",
    )


def _is_legacy(http: HttpClient, path: str) -> bool:
    form = {"method": "get_server_info", "input_type": "JSON", "response_type": "JSON", "rest_data": "[]"}
    answer = _ask(http, "POST", path, form)
    return answer is not None and answer.status == 200 and b'"gmt_time"' in answer.body


def _is_v8(http: HttpClient, path: str) -> bool:
    answer = _ask(http, "GET", path, None)
    return answer is not None and answer.status == 401 and b"access_denied" in answer.body


def _ask(http: HttpClient, method: str, path: str, form: dict[str, str] | None) -> Answer | None:
    """None where nothing of the kind is. Errors: Unreachable if the server itself does not answer."""
    try:
        return http.call(method, path, form=form, writes=False, allow=(301, 302, 307, 308, 400, 401, 403, 404, 405))
    except (NotFound, Rejected):
        return None
    except Unreachable as error:
        if "web page" in str(error):
            return None
        raise
