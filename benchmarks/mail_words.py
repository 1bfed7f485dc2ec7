"""Words in several languages and scripts, and paragraphs of them, encoded once and used again and again."""

from __future__ import annotations

import binascii
import quopri
import random
from dataclasses import dataclass
from functools import cache

_PARAGRAPHS = 60
_BASE64_LINE = 57

_TEXTS = {
    "en": """offer price delivery project meeting invoice drawing please pump quantity order week thanks regards we need
        the a of and for with would could send confirm attached agreement technical customer site Thursday before
        standard version service maintenance budget approval supplier contract steel valve lead time question""",
    "nb": """tilbud pris levering prosjekt møte faktura tegning vennligst pumpe antall ordre uke takk hilsen vi trenger
        og for med kunne sende bekrefte vedlagt avtale teknisk kunde anlegg torsdag før løsning så også være
        vedlikehold budsjett godkjenning leverandør kontrakt stål ventil spørsmål""",
    "de": """Angebot Preis Lieferung Projekt Besprechung Rechnung Zeichnung bitte Pumpe Menge Bestellung Woche danke wir
        Grüße benötigen und für mit könnten senden bestätigen beigefügt Vertrag technisch Kunde Anlage Donnerstag
        früher Lösung über Wartung Budget Freigabe Lieferant Stahl Ventil Frage""",
    "fr": """offre prix livraison projet réunion facture dessin merci pompe quantité commande semaine cordialement nous
        besoin et pour avec pourriez envoyer confirmer ci-joint contrat technique client site jeudi avant délai
        entretien budget accord fournisseur acier vanne question à été""",
    "pl": """oferta cena dostawa projekt spotkanie faktura rysunek proszę pompa ilość zamówienie tydzień dziękuję
        pozdrawiam potrzebujemy i dla z czy wysłać potwierdzić załącznik umowa techniczny klient czwartek przed
        rozwiązanie budżet zgoda dostawca stal zawór pytanie""",
    "ru": """предложение цена доставка проект встреча счёт чертёж пожалуйста насос количество заказ неделя спасибо с
        уважением нам нужно и для можете прислать подтвердить приложение договор технический клиент четверг""",
    "ja": """お世話になっております 見積 価格 納期 会議 請求書 図面 よろしくお願いいたします 数量 注文 今週 確認 添付
        契約 顧客""",
}
_ENQUIRIES = {
    "en": "Hello, we are looking for a supplier of pumps. Could you send us a quote for 12 units?",
    "nb": "Hei, vi ser etter en leverandør av pumper. Kan dere sende oss et tilbud på 12 stk?",
    "de": "Guten Tag, wir suchen einen Lieferanten für Pumpen. Könnten Sie uns ein Angebot über 12 Stück senden?",
    "fr": "Bonjour, nous cherchons un fournisseur de pompes. Pourriez-vous nous envoyer un devis pour 12 unités ?",
    "pl": "Dzień dobry, szukamy dostawcy pomp. Czy mogą Państwo przesłać ofertę na 12 sztuk?",
    "ru": "Здравствуйте, мы ищем поставщика насосов. Можете прислать нам предложение на 12 штук?",
    "ja": "お世話になっております。ポンプを探しています。12台の見積をお願いいたします。",
}
WORDS = {language: tuple(text.split()) for language, text in _TEXTS.items()}
CHARSETS: dict[str, tuple[str, ...]] = {
    "en": ("utf-8", "us-ascii", "iso-8859-1"),
    "nb": ("utf-8", "iso-8859-1", "windows-1252"),
    "de": ("utf-8", "iso-8859-15", "windows-1252"),
    "fr": ("utf-8", "iso-8859-1", "windows-1252"),
    "pl": ("utf-8", "iso-8859-2"),
    "ru": ("utf-8", "koi8-r", "windows-1251"),
    "ja": ("utf-8", "iso-2022-jp", "shift_jis"),
}
LANGUAGES = ("en",) * 9 + ("nb",) * 6 + ("de",) * 3 + ("fr",) + ("pl",) + ("ru",) + ("ja",)
REPLY_PREFIXES = {"nb": "SV: ", "de": "AW: ", "pl": "Odp: ", "fr": "RE : "}


@dataclass(frozen=True, slots=True)
class Prose:
    """A language in one charset and transfer encoding, ready to be joined to bodies of any length.

    `html` are the same paragraphs as Outlook writes them, `quoted` as a reply quotes them.
    """

    charset: str
    encoding: str
    enquiry: bytes
    plain: tuple[bytes, ...]
    quoted: tuple[bytes, ...]
    html: tuple[bytes, ...]

    def text(self, chance: random.Random, size: int, *, enquiry: bool) -> bytes:
        """About `size` bytes: half new, half quoted."""
        opening = self.enquiry if enquiry else b""
        return opening + fill(self.plain, chance, size // 2) + fill(self.quoted, chance, size - size // 2)


def fill(pool: tuple[bytes, ...], chance: random.Random, size: int) -> bytes:
    """Paragraphs of the pool up to about `size` bytes, at least one."""
    start, total, parts = int(chance.random() * len(pool)), 0, []
    while not parts or total < size:
        parts.append(pool[(start + len(parts)) % len(pool)])
        total += len(parts[-1])
    return b"".join(parts)


def sentence(language: str, chance: random.Random, words: int) -> str:
    pool = WORDS[language]
    return " ".join(pool[int(chance.random() * len(pool))] for _ in range(words))


def encoded_word(text: str) -> str:
    """A header value: as it is if it is ASCII, else in encoded-words of RFC 2047."""
    if text.isascii():
        return text
    chunks = (text[start : start + 12] for start in range(0, len(text), 12))
    return "\r\n ".join(
        f"=?utf-8?B?{binascii.b2a_base64(chunk.encode(), newline=False).decode()}?=" for chunk in chunks
    )


@cache
def prose(language: str, charset: str) -> Prose:
    chance = random.Random(f"{language} {charset}")
    paragraphs = [sentence(language, chance, chance.randint(12, 60)) for _ in range(_PARAGRAPHS)]
    encoding = _encoding(language, charset)
    wrapped = [_wrap(paragraph) for paragraph in paragraphs]
    return Prose(
        charset,
        encoding,
        _encode(_ENQUIRIES[language] + "\r\n\r\n", charset, encoding),
        tuple(_encode("".join(f"{line}\r\n" for line in lines) + "\r\n", charset, encoding) for lines in wrapped),
        tuple(_encode("".join(f"> {line}\r\n" for line in lines) + ">\r\n", charset, encoding) for lines in wrapped),
        tuple(_encode(_outlook(lines), charset, encoding) for lines in wrapped),
    )


def _encoding(language: str, charset: str) -> str:
    if charset in ("us-ascii", "iso-2022-jp"):
        return "7bit"
    if language in ("ru", "ja"):
        return "base64"
    return "quoted-printable" if charset != "iso-8859-1" else "8bit"


def _encode(text: str, charset: str, encoding: str) -> bytes:
    data = text.encode(charset, "replace")
    if encoding == "quoted-printable":
        # quopri writes LF; the text's own ends are CRLF already.
        return quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    if encoding == "base64":
        # Whole lines, so that paragraphs can be joined after encoding.
        data += b" " * (-len(data) % _BASE64_LINE)
        return base64_lines(data)
    return data


def base64_lines(data: bytes) -> bytes:
    """Base64 in lines of 76; data whose length is a multiple of 57 can be joined afterwards."""
    return b"".join(
        binascii.b2a_base64(data[start : start + _BASE64_LINE], newline=False) + b"\r\n"
        for start in range(0, len(data), _BASE64_LINE)
    )


def _wrap(paragraph: str) -> list[str]:
    words = paragraph.split(" ")
    return [" ".join(words[start : start + 9]) for start in range(0, len(words), 9)]


def _outlook(lines: list[str]) -> str:
    style = "font-size:11.0pt;font-family:&quot;Calibri&quot;,sans-serif;color:#1F497D"
    body = "\r\n".join(lines)
    return f"<p class=MsoNormal><span lang=EN-GB style='{style}'>{body}<o:p></o:p></span></p>\r\n<p>&nbsp;</p>\r\n"
