"""HTML as a person reads it, in plain text: blocks are lines, table rows as lines of cells, links that tell more."""

from __future__ import annotations

import re
from html import unescape

from selectolax.lexbor import LexborHTMLParser, LexborNode

from agent.parsing.limits import MAX_HTML_CHARS, MAX_TEXT_CHARS

_SKIPPED = frozenset(
    ("head", "script", "style", "title", "template", "noscript", "svg", "object", "select", "textarea", "iframe")
)
_BLOCKS = frozenset(
    (
        *("address", "article", "aside", "blockquote", "center", "dd", "div", "dl", "dt", "fieldset", "figure"),
        *("footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol"),
        *("p", "pre", "section", "table", "tbody", "tr", "ul", "legend", "caption"),
    )
)
_SPACED = frozenset(("p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "blockquote", "table", "pre", "dl"))
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all|font-size\s*:\s*0(?![.\d]*[1-9])"
    r"|max-height\s*:\s*0(?![.\d]*[1-9])|opacity\s*:\s*0(?![.\d]*[1-9])",
    re.IGNORECASE,
)
_HIDING = ("display:none", "hidden", "mso-hide", "font-size:0", "max-height:0", "opacity:0")
_INVISIBLE = re.compile("[\u00ad\u034f\u200b\u200c\u2007\ufeff]+")
_MANY_LINES = re.compile(r"\n{3,}")
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*)")
_ANY_TAG = re.compile(r"<[^<>]*>")
_UNSEEN = re.compile(r"<(script|style|head|title)\b[^>]*>[^<]*", re.IGNORECASE)
_SELF_CLOSING = frozenset(
    (
        *("p", "li", "td", "th", "tr", "dt", "dd", "option", "tbody", "thead", "colgroup", "br", "img", "hr", "meta"),
        *("link", "input", "col", "area", "base", "wbr", "source", "embed", "param", "track"),
    )
)
_MAX_HTML_DEPTH = 800
_MAX_NODES = 60_000
_MAX_URL_CHARS = 500
_MAX_ALT_CHARS = 200
_MAX_LABEL_CHARS = 80
_MAX_STACKED = 10  # rows in rows, quotes in quotes: deeper ones are not taken apart
_ASKED_TAGS = frozenset(("a", "img", "p"))
_PLAIN_TAGS = frozenset(("br", "b", "strong", "i", "em", "u", "tr", "tbody", "html"))


def html_to_text(html: str) -> str:
    """The visible text. Quotes become lines that begin with "> "; never raises, never recurses."""
    html = html[:MAX_HTML_CHARS]
    if "<" not in html and "&" not in html:
        return html.strip()
    if _is_too_deep(html):
        return _strip_tags(html)
    root = LexborHTMLParser(html).root
    if root is None:
        return ""
    writer = _Writer(may_hide=_may_hide(html))
    _walk(root, writer)
    return writer.finish()


def _may_hide(html: str) -> bool:
    """Whether anything may be hidden at all: a cheap look before every element is asked for its style."""
    compact = html.lower().replace(" ", "").replace("\n", "")
    return any(word in compact for word in _HIDING)


def _is_too_deep(html: str) -> bool:
    """Whether elements nest deeper than any real mail: the parser's time grows with the square of that depth."""
    if html.count("<") < _MAX_HTML_DEPTH:
        return False
    depth = 0
    for match in _TAG.finditer(html):
        if match[2].lower() in _SELF_CLOSING:
            continue
        depth += -1 if match[1] else 1
        if depth > _MAX_HTML_DEPTH:
            return True
        depth = max(depth, 0)
    return False


def _strip_tags(html: str) -> str:
    return _tidy(unescape(_ANY_TAG.sub("\n", _UNSEEN.sub("", html))))[:MAX_TEXT_CHARS]


def _walk(root: LexborNode, writer: _Writer) -> None:
    """Depth first by hand: `enter` on the way down, `leave` on the way up; no recursion on foreign depth."""
    node: LexborNode | None = root
    open_nodes: list[tuple[LexborNode, str]] = []
    for _ in range(_MAX_NODES):
        if node is None:
            if not open_nodes:
                return
            parent, tag = open_nodes.pop()
            writer.leave(tag)
            node = parent.next if open_nodes else None
            continue
        tag = node.tag or ""
        if tag == "-text":
            writer.text(node.text_content or "")
            if writer.full:
                return
        elif tag[:1] not in "-_!" and writer.enter(tag, node):
            open_nodes.append((node, tag))
            node = node.child
            continue
        node = node.next


class _Writer:
    """Collects text; knows where it is: in preformatted text, a link, a quote, a table row."""

    def __init__(self, *, may_hide: bool) -> None:
        self._may_hide = may_hide
        self._out: list[str] = []
        self._newlines = 2  # at the end of what is written; breaks only fill up what is missing
        self._pre = 0
        self._links: list[tuple[str, int]] = []
        self._quotes: list[int] = []
        self._rows: list[list[int]] = []  # where the cells of the open rows begin
        self._size = 0

    @property
    def full(self) -> bool:
        return self._size > MAX_TEXT_CHARS

    def text(self, text: str) -> None:
        if self._pre:
            self._put(text)
            return
        line = " ".join(text.split())
        if line:
            self._put(f"{' ' * text[0].isspace()}{line}{' ' * text[-1].isspace()}")
        elif self._newlines and "\u00a0" in text:
            self._put_newline()  # a paragraph of one hard blank is an empty line
        elif not self._newlines and self._out and self._out[-1][-1:] not in (" ", "\t"):
            self._out.append(" ")

    def _put(self, text: str) -> None:
        if text:
            self._out.append(text)
            self._size += len(text)
            self._newlines = 0

    def _put_newline(self) -> None:
        self._out.append("\n")
        self._newlines += 1

    def _break(self, lines: int) -> None:
        while self._newlines < lines:
            self._put_newline()

    def enter(self, tag: str, node: LexborNode) -> bool:
        """Whether the children of the element are to be read."""
        if tag in _SKIPPED:
            return False
        # Attributes are dear: asked for only where they can tell something.
        is_asked = tag in _ASKED_TAGS or (self._may_hide and tag not in _PLAIN_TAGS)
        attributes = node.attributes if is_asked else {}
        style = attributes.get("style")
        if "hidden" in attributes or (style and _HIDDEN.search(style)):
            return False
        if tag in ("br", "hr", "img", "input"):
            self._enter_void(tag, attributes)
            return False
        if tag in ("td", "th"):
            self._enter_cell()
        elif tag in _BLOCKS:
            self._enter_block(tag, attributes)
        elif tag == "a":
            self._links.append((attributes.get("href") or "", len(self._out)))
        return True

    def _enter_void(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "img":
            self._put((attributes.get("alt") or "").strip()[:_MAX_ALT_CHARS])
        elif tag != "input":
            self._put_newline()

    def _enter_cell(self) -> None:
        if self._rows:
            self._rows[-1].append(len(self._out))
            self._newlines = 2

    def _enter_block(self, tag: str, attributes: dict[str, str | None]) -> None:
        # Outlook's paragraphs have no space between them; it writes empty ones where it wants some.
        is_tight = tag not in _SPACED or "MsoNormal" in (attributes.get("class") or "")
        self._break(1 if is_tight else 2)
        if tag == "tr":
            self._rows.append([])
        elif tag == "li":
            self._put("- ")
            self._newlines = 2
        elif tag == "pre":
            self._pre += 1
        elif tag == "blockquote":
            self._quotes.append(len(self._out))

    def leave(self, tag: str) -> None:
        if tag == "a":
            self._leave_link()
        elif tag in _BLOCKS:
            if tag == "pre":
                self._pre -= 1
            elif tag == "tr":
                self._leave_row()
            elif tag == "blockquote":
                self._leave_quote()
            self._break(2 if tag in _SPACED and tag != "p" else 1)

    def _leave_link(self) -> None:
        """`text <url>` where the address says more than the text."""
        href, index = self._links.pop()
        href = "".join(href.split())[:_MAX_URL_CHARS]
        shown = "".join(self._out[index:]).strip()
        scheme, _, rest = href.partition(":")
        if scheme.lower() not in ("http", "https", "mailto") or not shown:
            return
        bare = rest.lstrip("/").removeprefix("www.").partition("?")[0].rstrip("/").lower()
        if bare not in shown.lower().replace("www.", ""):
            self._put(f" <{bare if scheme.lower() == 'mailto' else href}>")

    def _leave_quote(self) -> None:
        index = self._quotes.pop()
        if len(self._quotes) >= _MAX_STACKED:
            return
        inner = _tidy("".join(self._out[index:]))
        del self._out[index:]
        if inner:
            self._put("\n".join("> " + line if line else ">" for line in inner.split("\n")))

    def _leave_row(self) -> None:
        """A row of short cells is one line with tabs, or `label: value`; cells of a layout follow each other."""
        starts = self._rows.pop()
        if len(starts) < 2 or len(self._rows) >= _MAX_STACKED:
            return
        ends = [*starts[1:], len(self._out)]
        cells = [_tidy("".join(self._out[start:end])) for start, end in zip(starts, ends, strict=True)]
        del self._out[starts[0] :]
        cells = [cell for cell in cells if cell]
        if len(cells) == 2 and len(cells[0]) <= _MAX_LABEL_CHARS and "\n" not in cells[0]:
            self._put((" " if cells[0].endswith((":", "：")) else "\t").join(cells))
        elif any("\n" in cell for cell in cells):
            self._put("\n".join(cells))
        else:
            self._put("\t".join(cells))

    def finish(self) -> str:
        return _tidy(_INVISIBLE.sub("", "".join(self._out)))[:MAX_TEXT_CHARS]


def _tidy(text: str) -> str:
    lines = [line.strip(" ") for line in text.split("\n")]
    return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip("\n\t ")
