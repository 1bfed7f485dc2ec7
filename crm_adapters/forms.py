"""A form that carries a file (RFC 7578)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from crm_model.field_values import clean_text
from crm_model.records import FileContent


def form_with_file(fields: Mapping[str, str], part: str, file: FileContent) -> tuple[bytes, str]:
    """A multipart form (RFC 7578) and its content type."""
    boundary = f"hitchpost{secrets.token_hex(16)}"
    lines: list[bytes] = []
    for name, value in fields.items():
        lines.append(f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode())
    plain = "".join("_" if char in '"\\\r\n' else char for char in clean_text(file.name))
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="{part}"; filename="{plain}"\r\n'
    kind = "".join(char for char in file.content_type if char.isprintable())
    lines.append(f"{head}Content-Type: {kind}\r\n\r\n".encode() + file.content + b"\r\n")
    lines.append(f"--{boundary}--\r\n".encode())
    return b"".join(lines), f"multipart/form-data; boundary={boundary}"
