"""HTML as a person reads it, in plain text: blocks are lines, table rows as lines of cells, links that tell more."""

from __future__ import annotations

import re

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
_SPACE = re.compile(r"[ \t\n\r\f\v\u00a0]+")
_INVISIBLE = re.compile("[\u00ad\u034f\u200b\u200c\u2007\ufeff]+")
_MANY_LINES = re.compile(r"\n{3,}")
_CELL_ENDS = re.compile(r"[ \n]*\t[\t\n ]*")
_MAX_NODES = 60_000
_MAX_URL_CHARS = 500


def html_to_text(html: str) -> str:
    """The visible text. Quotes become lines that begin with "> "; never raises, never recurses."""
    html = html[:MAX_HTML_CHARS]
    if "<" not in html and "&" not in html:
        return html.strip()
    root = LexborHTMLParser(html).root
    if root is None:
        return ""
    writer = _Writer()
    _walk(root, writer)
    return writer.finish()


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
            node = parent.next
            continue
        tag = node.tag or ""
        if tag == "-text":
            writer.text(node.text_content or "")
        elif tag[:1] not in "-_!" and writer.enter(tag, node):
            open_nodes.append((node, tag))
            node = node.child
            continue
        elif tag == "-document":
            open_nodes.append((node, ""))
            node = node.child
            continue
        if writer.full:
            return
        node = node.next


class _Writer:
    """Collects lines; knows where it is: in preformatted text, in a quote, in a link, in a table."""

    def __init__(self) -> None:
        self._out: list[str] = []
        self._pre = 0
        self._links: list[tuple[str, int]] = []
        self._quotes: list[int] = []
        self._cells: list[int] = []  # open rows: cells so far
        self._size = 0

    @property
    def full(self) -> bool:
        return self._size > MAX_TEXT_CHARS

    def text(self, text: str) -> None:
        if not self._pre:
            text = _SPACE.sub(" ", text)
            if text == " " and (not self._out or self._out[-1][-1:] in "\n\t "):
                return
        self._put(text)

    def _put(self, text: str) -> None:
        self._out.append(text)
        self._size += len(text)

    def enter(self, tag: str, node: LexborNode) -> bool:
        """Whether the children of the element are to be read."""
        if tag in _SKIPPED:
            return False
        attributes = node.attributes if tag not in ("br", "b", "strong", "tr", "tbody", "html") else {}
        style = attributes.get("style")
        if "hidden" in attributes or (style and _HIDDEN.search(style)):
            return False
        if tag in ("br", "hr", "img", "input"):
            self._enter_void(tag, attributes)
            return False
        if tag in ("td", "th"):
            self._enter_cell()
        elif tag in _BLOCKS:
            self._enter_block(tag)
        elif tag == "a":
            self._links.append((attributes.get("href") or "", len(self._out)))
        return True

    def _enter_void(self, tag: str, attributes: dict[str, str | None]) -> None:
        if tag == "img":
            self._put((attributes.get("alt") or "").strip()[:200])
        elif tag != "input":
            self._put("\n")

    def _enter_cell(self) -> None:
        if self._cells:
            if self._cells[-1]:
                self._put("\t")
            self._cells[-1] += 1

    def _enter_block(self, tag: str) -> None:
        self._break(tag)
        if tag == "tr":
            self._cells.append(0)
        elif tag == "li":
            self._put("- ")
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
                self._cells.pop()
            elif tag == "blockquote":
                self._leave_quote()
            self._break(tag)

    def _break(self, tag: str) -> None:
        self._put("\n\n" if tag in _SPACED else "\n")

    def _leave_link(self) -> None:
        """`text <url>` where the address says more than the text."""
        href, index = self._links.pop()
        href = _SPACE.sub("", href)[:_MAX_URL_CHARS]
        shown = "".join(self._out[index:]).strip()
        scheme, _, rest = href.partition(":")
        if scheme.lower() not in ("http", "https", "mailto", "tel") or not shown:
            return
        bare = rest.lstrip("/").removeprefix("www.").partition("?")[0].rstrip("/").lower()
        if scheme.lower() == "tel" or bare in shown.lower().replace("www.", ""):
            return
        self._put(f" <{bare if scheme.lower() == 'mailto' else href}>")

    def _leave_quote(self) -> None:
        index = self._quotes.pop()
        if self._quotes and len(self._quotes) > 8:
            return
        inner = _tidy("".join(self._out[index:]))
        del self._out[index:]
        quoted = "\n".join("> " + line if line else ">" for line in inner.split("\n")) if inner else ""
        self._put(quoted)

    def finish(self) -> str:
        return _tidy("".join(self._out))[:MAX_TEXT_CHARS]


def _tidy(text: str) -> str:
    if not text.isascii():
        text = _INVISIBLE.sub("", text)
    if "\t" in text:
        text = _CELL_ENDS.sub("\t", text)
        lines = [_row(line) if "\t" in line else line.strip(" ") for line in text.split("\n")]
    else:
        lines = [line.strip(" ") for line in text.split("\n")]
    return _MANY_LINES.sub("\n\n", "\n".join(lines)).strip("\n")


def _row(line: str) -> str:
    """A row of cells: empty ones dropped; two of which the first ends in a colon read as `label: value`."""
    cells = [cell.strip() for cell in line.split("\t")]
    cells = [cell for cell in cells if cell]
    if len(cells) == 2 and cells[0].endswith((":", "：")):
        return " ".join(cells)
    return "\t".join(cells)
