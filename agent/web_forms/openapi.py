"""What a form's endpoint for programs takes and answers, as OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from agent.web_forms.checking import label_of
from agent.web_forms.snippet import PATH
from crm_model.web_forms import FormField, InputKind, WebForm

_ANSWERS = {
    "400": "The body is no JSON object of texts.",
    "403": "This site may not send the form.",
    "404": "There is no such form.",
    "408": "The body did not come in time.",
    "413": "The body is too large.",
    "422": "Some fields have to be mended: see `problems`.",
    "429": "Too much came from this network; see Retry-After.",
    "503": "It can't be kept right now; nothing was taken.",
}


def described(form: WebForm) -> dict[str, Any]:
    """The whole description."""
    states = {"state": {"enum": ["taken", "confirm"]}}
    told = {"schema": {"type": "object", "required": ["state"], "properties": states}}
    problem = {"schema": {"type": "object", "required": ["error"], "properties": {"error": {"type": "string"}}}}
    responses: dict[str, Any] = {"200": {"description": "Taken.", "content": {"application/json": told}}}
    for status, words in _ANSWERS.items():
        responses[status] = {"description": words, "content": {"application/json": problem}}
    key = {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "maxLength": 200}}
    operation = {
        "operationId": "send",
        "summary": form.title,
        "parameters": [key],
        "requestBody": {"required": True, "content": {"application/json": {"schema": _schema(form)}}},
        "responses": responses,
    }
    return {
        "openapi": "3.1.0",
        "info": {"title": form.title, "version": "1"},
        "paths": {f"{PATH}{form.name}.json": {"post": operation}},
    }


def _schema(form: WebForm) -> dict[str, Any]:
    asked = [each for each in form.fields if each.kind is not InputKind.FILE]
    boxes: dict[str, Any] = {each.name: {"type": "boolean", "description": each.text} for each in form.consents}
    return {
        "type": "object",
        "properties": {each.name: _property(each, form.languages[0]) for each in asked} | boxes,
        "required": [each.name for each in form.questions if each.required],
        "additionalProperties": {"type": ["string", "boolean"]},
    }


def _property(asked: FormField, language: str) -> dict[str, Any]:
    found: dict[str, Any] = {"type": "string", "title": label_of(asked, language), "maxLength": asked.max_length}
    if asked.kind is InputKind.CHOICE:
        return found | {"enum": [*asked.choices, *([] if asked.required else [""])]}
    if asked.kind is InputKind.EMAIL and asked.required:
        return found | {"format": "email"}
    return found | ({"minLength": 1} if asked.required else {})
