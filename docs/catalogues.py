"""The screen's catalogues against its code: adds sentences that are new, drops those that nobody says any more.

tui/catalogues holds what the screens say, tui/catalogues/heard what reaches them from below, as heard.pot lists it.

python docs/catalogues.py          writes the catalogues; new sentences stand there without a translation
python docs/catalogues.py --check  says what is missing, and fails if anything is
"""

from __future__ import annotations

import ast
import string
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "tui" / "catalogues"
HEARD = FOLDER / "heard"
LOCALES = {"no": "nb"}
SAYING = {"say": 1, "say_many": 2, "mark": 1}
"""Functions of `tui.words` with how many of their first arguments are English."""

Said = str | tuple[str, str]


def said_in(tree: ast.AST) -> Iterator[Said]:
    """The English sentences of a module: one, or one and many."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in SAYING:
            words = [each.value for each in node.args[: SAYING[node.func.id]] if isinstance(each, ast.Constant)]
            if len(words) == 1:
                yield words[0]
            elif len(words) == 2:
                yield words[0], words[1]


def all_said() -> dict[str, Said]:
    """Every sentence of the screen by its first form."""
    found: dict[str, Said] = {}
    for path in sorted((ROOT / "tui").rglob("*.py")):
        for said in said_in(ast.parse(path.read_text(encoding="utf-8"))):
            found[said if isinstance(said, str) else said[0]] = said
    return found


def all_heard() -> dict[str, Said]:
    """Every sentence from below."""
    with (HEARD / "heard.pot").open("rb") as source:
        return {str(message.id): str(message.id) for message in read_po(source) if message.id}


CATALOGUES: dict[Path, Callable[[], dict[str, Said]]] = {FOLDER: all_said, HEARD: all_heard}


def places(text: str) -> set[str]:
    """The names in braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def read(folder: Path, language: str) -> Catalog:
    with (folder / f"{language}.po").open("rb") as source:
        return read_po(source, locale=LOCALES.get(language, language))


def problems(language: str) -> list[str]:
    """What keeps a language's catalogues from being whole, a line each."""
    return sorted(line for folder in CATALOGUES for line in _problems(folder, language))


def _problems(folder: Path, language: str) -> list[str]:
    held: dict[str, Message] = {_first(message): message for message in read(folder, language) if message.id}
    said = CATALOGUES[folder]()
    found = [f"{language}: nobody says “{text}” any more" for text in held.keys() - said.keys()]
    for text, forms in said.items():
        message = held.get(text)
        given = () if message is None else message.string if isinstance(message.string, tuple) else (message.string,)
        if not given or not all(given):
            found.append(f"{language}: “{text}” is not translated")
        elif isinstance(forms, tuple) != isinstance(message.id, tuple if message else str):
            found.append(f"{language}: “{text}” has other forms in the code")
        elif any(places(each) - {"count"} != places(text) - {"count"} for each in given):
            found.append(f"{language}: “{text}” fills other places")
    return found


def update(folder: Path, language: str) -> None:
    """The catalogue with today's sentences in the order of the code; what was translated stays so."""
    path, locale = folder / f"{language}.po", LOCALES.get(language, language)
    held = {_first(message): message for message in read(folder, language) if message.id} if path.exists() else {}
    made = Catalog(locale=locale, fuzzy=False, charset="utf-8")
    for text, forms in CATALOGUES[folder]().items():
        old = held.get(text)
        kept = old.string if old is not None and isinstance(old.id, tuple) == isinstance(forms, tuple) else None
        made.add(forms, kept or ("" if isinstance(forms, str) else ("",) * made.num_plurals))
    with path.open("wb") as target:
        write_po(target, made, width=10_000, omit_header=False, no_location=True)
    header = (
        f'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n"Plural-Forms: {made.plural_forms}\\n"\n'
    )
    body = path.read_text(encoding="utf-8").partition("\n\n")[2]
    path.write_text(f"{header}\n{body.rstrip()}\n", encoding="utf-8")


def _first(message: Message) -> str:
    return message.id if isinstance(message.id, str) else str(message.id[0])


def main() -> int:
    languages = ("no", "sv", "it", "ru")
    if "--check" not in sys.argv:
        for language in languages:
            for folder in CATALOGUES:
                update(folder, language)
    found = [line for language in languages for line in problems(language)]
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 1 if found and "--check" in sys.argv else 0


if __name__ == "__main__":
    sys.exit(main())
