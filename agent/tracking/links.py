"""The links of an HTML mail: what each is, by a parser's tree, and where its address stands, by a tokenizer.

No parser gives back what it read: quotes change, comments for Outlook move, tables are mended. So the tree only says
what a link is, the tokenizer where its address stands, and no other byte changes. Where the two see different links,
or the changed mail does not read back as it must, nothing is changed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser

from selectolax.lexbor import LexborHTMLParser, LexborNode

_MOST_CHARACTERS, _MOST_TAGS = 1_000_000, 20_000
_LINKS = ("a", "area")
_QUOTES = frozenset(("gmail_quote", "yahoo_quoted", "moz-cite-prefix", "gmail_extra"))
_ATTRIBUTE = re.compile(r"""([^\s"'<>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?""")
_TAG_NAME = re.compile(r"<[A-Za-z][^\s/>]*")


@dataclass(frozen=True, slots=True)
class Link:
    """One `<a>` or `<area>` with an address. `words` are what is seen of it, `attributes` by name in lower case.

    `place` is where its address stands in the HTML, quotes and all.
    """

    url: str
    words: str
    attributes: Mapping[str, str]
    quoted: bool
    place: tuple[int, int]


def read_links(text: str) -> tuple[Link, ...] | None:
    """Every link, in order; None where it can't be said for sure which they are."""
    if len(text) > _MOST_CHARACTERS or text.count("<") > _MOST_TAGS:
        return None
    places, nodes = _Places(text).found, _nodes(text)
    if [tag for tag, _ in places] != [node.tag for node in nodes]:
        return None
    return tuple(_link(node, place) for node, (_, place) in zip(nodes, places, strict=True))


def with_urls(text: str, links: Sequence[Link], urls: Mapping[int, str], before_end: str) -> str | None:
    """The HTML with other addresses for its links of these numbers, and `before_end` as the last thing of its body.

    None where what comes out does not read back as exactly that.
    """
    changed, end = text, _Places(text).body_end
    edits = [((end, end), before_end)]
    edits += [(links[number].place, f'"{html.escape(url)}"') for number, url in urls.items()]
    for (start, stop), words in sorted(edits, reverse=True):
        changed = changed[:start] + words + changed[stop:]
    wanted = [urls.get(number, link.url) for number, link in enumerate(links)]
    after = read_links(changed)
    return changed if after is not None and [link.url for link in after][: len(wanted)] == wanted else None


class _Places(HTMLParser):
    """Where link addresses stand, in order, and where the body ends."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self._lines = [0, *(place + 1 for place, letter in enumerate(text) if letter == "\n")]
        self.found: list[tuple[str, tuple[int, int]]] = []
        self.body_end = len(text)
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        if tag not in _LINKS or not any(name == "href" and value is not None for name, value in attrs):
            return
        raw = self.get_starttag_text() or ""
        opened = _TAG_NAME.match(raw)
        for match in _ATTRIBUTE.finditer(raw, opened.end() if opened else 0):
            if match[1].lower() == "href":
                group = next((number for number in (2, 3, 4) if match[number] is not None), None)
                if group is not None:
                    quotes = 0 if group == 4 else 1
                    start, stop = match.span(group)
                    here = self._here()
                    self.found.append((tag, (here + start - quotes, here + stop + quotes)))
                return

    def handle_endtag(self, tag: str) -> None:
        if tag == "body":
            self.body_end = self._here()

    def _here(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column


def _nodes(text: str) -> list[LexborNode]:
    return [node for node in LexborHTMLParser(text).css("a[href], area[href]") if node.attributes.get("href")]


def _link(node: LexborNode, place: tuple[int, int]) -> Link:
    attributes = {name.lower(): value or "" for name, value in node.attributes.items()}
    pictures = " ".join(each.attributes.get("alt") or "" for each in node.css("img"))
    words = " ".join(f"{node.text(deep=True)} {pictures}".split())
    return Link(attributes["href"].strip(), words, attributes, _is_quoted(node), place)


def _is_quoted(node: LexborNode) -> bool:
    above = node.parent
    while above is not None:
        if above.tag == "blockquote" or _QUOTES & set((above.attributes.get("class") or "").split()):
            return True
        above = above.parent
    return False
