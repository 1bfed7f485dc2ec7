"""Every regular expression of the product against text made to slow it down: what grows faster than its text?

    python -m benchmarks.patterns [PART_OF_A_NAME]

Each pattern is taken apart; what it repeats, and what it wants before that, is repeated up to 32,000 characters.
A pattern is named whose time grows more than nine times when its text grows four times. Not each is a fault: its
callers may give it short pieces, and then say so.
"""

from __future__ import annotations

import ast
import importlib
import itertools
import pkgutil
import re
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from re import _constants as names  # type: ignore[attr-defined]
from re import _parser as parser  # type: ignore[attr-defined]
from typing import Any, NamedTuple

_ROOMS = ("crm_model", "crm_adapters", "sync", "agent", "tui", "hitchpost")
_FIRST = 8_000
_ENOUGH_SECONDS, _LIMIT_SECONDS = 0.004, 1.0
_MANY = 16
_MUCH_MORE = 9  # times the seconds for four times the text
_WAYS = "match|search|fullmatch|sub|subn|split|findall|finditer"
_CALLS = {f"re.{name}" for name in _WAYS.split("|")}
_BREAKS = ("\x01", "\n")
_CATEGORIES = {"CATEGORY_DIGIT": "7", "CATEGORY_SPACE": " ", "CATEGORY_WORD": "a", "CATEGORY_NOT_DIGIT": "a"}
_CATEGORIES |= {"CATEGORY_NOT_SPACE": "a", "CATEGORY_NOT_WORD": "."}


class Growth(NamedTuple):
    """A pattern with the text that slows it most: CPU seconds at a size, and at twice that size."""

    name: str
    attack: str
    size: int
    seconds: float
    doubled: float


class _TooSlow(Exception):
    pass


def found_patterns() -> dict[str, tuple[re.Pattern[str], str]]:
    """All compiled patterns of all modules, and those written where they are used, by module and name or line; with
    the way of looking that they are used for."""
    found: dict[str, tuple[re.Pattern[str], str]] = {}
    for room in _ROOMS:
        package = importlib.import_module(room)
        for item in pkgutil.walk_packages(package.__path__, f"{room}."):
            if ".migrations" in item.name or item.name.endswith("__main__"):
                continue
            module = importlib.import_module(item.name)
            source = Path(str(module.__file__)).read_text(encoding="utf-8")
            for name, value in vars(module).items():
                used = set(re.findall(rf"\b{re.escape(name)}\.({_WAYS})\b", source))
                way = "match" if used and used <= {"match", "fullmatch"} else "search"
                found.update((each, (pattern, way)) for each, pattern in _in_value(f"{item.name}:{name}", value))
            found.update(_written_inside(module.__name__, source))
    seen: dict[tuple[re.Pattern[str], str], str] = {}
    for name, pattern in found.items():
        seen.setdefault(pattern, name)
    return {name: pattern for pattern, name in seen.items()}


def _in_value(name: str, value: object) -> Iterator[tuple[str, re.Pattern[str]]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield name, value
        else:
            yield name, re.compile(value.pattern.decode("latin-1"), value.flags & ~re.ASCII)
    elif isinstance(value, dict):
        for key, inner in list(value.items())[:500]:
            yield from _in_value(f"{name}[{key}]", inner)
    elif isinstance(value, tuple | list):
        for at, inner in enumerate(value[:500]):
            yield from _in_value(f"{name}[{at}]", inner)


def _written_inside(module: str, source: str) -> Iterator[tuple[str, tuple[re.Pattern[str], str]]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) in _CALLS and node.args:
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                flags = re.I if "re.I" in ast.unparse(node) else re.NOFLAG
                way = "match" if ast.unparse(node.func) in ("re.match", "re.fullmatch") else "search"
                yield f"{module}:{node.lineno}", (re.compile(first.value, flags), way)


def attacks(pattern: re.Pattern[str]) -> list[tuple[str, str]]:
    """Beginnings and pieces to repeat behind them."""
    tree = parser.parse(pattern.pattern, pattern.flags)
    begun: dict[tuple[str, str], None] = {}
    letters: dict[str, None] = dict.fromkeys("a7 .")
    _walk(tree, "", begun, letters)
    few = list(letters)[:14]
    for piece in itertools.chain(few, map("".join, itertools.permutations(few[:7], 2))):
        begun.setdefault(("", piece))
    for front, piece in list(begun):
        if front:
            begun.setdefault(("", front + piece))
            begun.setdefault(("", front))
    return [pair for pair in begun if pair[1]][:250]


def _walk(tree: Any, front: str, begun: dict[tuple[str, str], None], letters: dict[str, None]) -> str:
    """Note what a piece of a pattern repeats; returns a text that it takes."""
    text = ""
    for code, argument in tree:
        here = front + text
        if code in (names.MAX_REPEAT, names.MIN_REPEAT, names.POSSESSIVE_REPEAT):
            least, most, inner = argument
            piece = _walk(inner, here, begun, letters)
            if most > _MANY and piece:
                begun.setdefault((here, piece))
                for letter in _choices(inner):
                    begun.setdefault((here, letter))
            text += piece * max(int(least), 1 if most < _MANY else 0, 0)
        elif code is names.SUBPATTERN:
            text += _walk(argument[3], here, begun, letters)
        elif code is names.ATOMIC_GROUP:
            text += _walk(argument, here, begun, letters)
        elif code is names.BRANCH:
            taken = [_walk(branch, here, begun, letters) for branch in argument[1][:40]]
            text += next((piece for piece in taken if piece), "")
        elif code in (names.ASSERT, names.ASSERT_NOT):
            _walk(argument[1], here, begun, letters)
        else:
            piece = next(iter(_choices([(code, argument)])), "")
            if piece:
                letters.setdefault(piece)
            text += piece
    return text


def _choices(tree: Any) -> list[str]:
    """Characters that the first atom of a piece takes."""
    if len(tree) != 1:
        return []
    code, argument = tree[0]
    if code is names.LITERAL:
        return [chr(argument)]
    if code is names.IN and argument[0][0] is not names.NEGATE:
        return [_shown(kind, value) for kind, value in argument][:6]
    left_out = "" if code is names.ANY else "".join(_set_text(item) for item in _left_out(code, argument))
    fits = re.compile(f"[^{left_out}]" if left_out else ".")
    return [one for one in "a7 .A\t-(" if fits.match(one)][:5]


def _left_out(code: Any, argument: Any) -> list[tuple[Any, Any]]:
    if code is names.NOT_LITERAL:
        return [(names.LITERAL, argument)]
    return list(argument[1:]) if code is names.IN else [(names.CATEGORY, "CATEGORY_WORD")]


def _shown(kind: Any, value: Any) -> str:
    if kind is names.CATEGORY:
        return _CATEGORIES.get(str(value), "a")
    return chr(value[0] if kind is names.RANGE else value)


def _set_text(item: tuple[Any, Any]) -> str:
    kind, value = item
    if kind is names.LITERAL:
        return re.escape(chr(value))
    if kind is names.RANGE:
        return f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}"
    shown = {"CATEGORY_DIGIT": r"\d", "CATEGORY_SPACE": r"\s", "CATEGORY_WORD": r"\w"}
    shown |= {"CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_NOT_SPACE": r"\S", "CATEGORY_NOT_WORD": r"\W"}
    return shown[str(value)]


def _seconds(pattern: re.Pattern[str], way: str, text: str) -> float:
    signal.setitimer(signal.ITIMER_VIRTUAL, _LIMIT_SECONDS)
    started = time.process_time()
    try:
        if way == "match":
            pattern.match(text)
        else:
            for _ in pattern.finditer(text):
                pass
        return time.process_time() - started
    except _TooSlow:
        return _LIMIT_SECONDS
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)


def growth_of(name: str, pattern: re.Pattern[str], way: str) -> Growth | None:
    """The first growth of a pattern beyond what its text's length explains, None without any."""
    for front, piece in attacks(pattern):
        for end in _BREAKS:

            def seconds(size: int, text: str = piece, front: str = front, end: str = end) -> float:
                return _seconds(pattern, way, front + text * max(1, size // len(text)) + end)

            if seconds(_FIRST) < _ENOUGH_SECONDS or seconds(_FIRST) < _ENOUGH_SECONDS:
                continue
            once = min(seconds(_FIRST) for _ in range(3))
            size = _FIRST if once > 0.1 else 4 * _FIRST
            less, more = (min(seconds(size // part) for _ in range(3)) for part in (4, 1))
            if more > _MUCH_MORE * less and more > _ENOUGH_SECONDS and _MUCH_MORE * seconds(size // 4) < seconds(size):
                return Growth(name, repr((front[:40], piece[:40], end)), size, less, more)
    return None


def _stop(*_: object) -> None:
    raise _TooSlow


def main() -> None:
    """Print every pattern that grows."""
    signal.signal(signal.SIGVTALRM, _stop)
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    patterns = {name: pattern for name, pattern in found_patterns().items() if wanted in name}
    for name, (pattern, way) in patterns.items():
        growth = growth_of(name, pattern, way)
        if growth is not None:
            print(f"{name}: {growth.attack} at {growth.size}: {growth.seconds:.4f} -> {growth.doubled:.4f}", flush=True)
    print(f"{len(patterns)} patterns looked at")


if __name__ == "__main__":
    main()
