"""Words in several languages and scripts, and paragraphs of them, encoded once and used again and again."""

from __future__ import annotations

import binascii
import quopri
import random
from dataclasses import dataclass
from functools import cache

_PARAGRAPHS = 80
_BASE64_LINE = 57

# Commonest first: texts are drawn so that the first words come most often.
_TEXTS = {
    "en": """the to of and a in is that for it on you we with this be as have are at by not from will can our your if
        but all was or which has there they been one would when so more about some their what who up out then
        were into also just like time week day now only first two new next see know get make take work good well
        after before back over other same still last part project meeting site pump drawing version report team
        change check test valve steel pipe pressure tank motor crane roof floor window building weather train
        hotel flight lunch dinner summer winter morning evening street colour water number list point side line
        plan phase issue cause result reason question answer idea example system program process document
        picture table photo minutes agenda invoice delivery price order offer supplier customer technical budget
        thanks regards""",
    "nb": """og i det er på til som en å for av at med de ikke den har vi om et men kan så var jeg fra eller vil skal
        nå også ved bare etter der når da være oss deg opp ut dette noen alt mer før over under mellom uke dag
        tid prosjekt møte anlegg tegning rapport pumpe ventil stål rør trykk tank motor kran tak gulv vindu bygg
        vær tog hotell lunsj sommer vinter morgen kveld gate farge vann nummer liste punkt side linje plan fase
        sak årsak resultat spørsmål svar tanke eksempel løsning dokument bilde tabell referat leverandør kunde
        faktura pris budsjett takk hilsen""",
    "de": """die der und in zu den das nicht von sie ist des sich mit dem dass er es ein ich auf so eine auch als an
        nach wie im für man aber aus durch wenn nur war noch werden bei hat wir was wird sein einen Woche Tag
        Zeit Projekt Besprechung Anlage Zeichnung Bericht Pumpe Ventil Stahl Rohr Druck Tank Motor Kran Dach
        Boden Fenster Gebäude Wetter Zug Hotel Mittag Sommer Winter Straße Farbe Wasser Nummer Liste Punkt Seite
        Linie Plan Phase Grund Ergebnis Frage Antwort Beispiel Lösung Bild Tabelle Lieferant Kunde Rechnung
        Preis danke Grüße""",
    "fr": """de la le et les des en un du une que est pour qui dans a par plus pas au sur ne se ce il sont avec nous
        mais ou si leur aussi été comme tout bien fait deux même après avant encore semaine jour temps projet
        réunion site dessin rapport pompe vanne acier tuyau pression réservoir moteur grue toit sol fenêtre
        bâtiment météo train hôtel déjeuner été hiver rue couleur eau numéro liste point côté ligne plan phase
        cause résultat question réponse idée exemple système image tableau fournisseur client facture prix merci
        cordialement""",
    "pl": """w i na z do nie się to że jest o jak po co dla od za tak ale przez przy są który był być może tylko już
        jeszcze tydzień dzień czas projekt spotkanie rysunek raport pompa zawór stal rura ciśnienie zbiornik
        silnik dach podłoga okno budynek pogoda pociąg hotel obiad lato zima ulica kolor woda numer lista punkt
        strona plan faza przyczyna wynik pytanie odpowiedź przykład rozwiązanie obraz tabela dostawca klient
        faktura cena dziękuję""",
    "ru": """и в не на что с по как это для от из мы но за то все так его у же вы бы к если или уже время день неделя
        проект встреча чертёж отчёт насос клапан сталь труба давление бак мотор крыша пол окно здание погода
        поезд гостиница обед лето зима улица цвет вода номер список пункт сторона план фаза причина вопрос ответ
        пример""",
    "ja": """お世話になっております について 会議 図面 よろしくお願いいたします 今週 確認 資料 部品 工場 天気 電車
        担当 結果 理由 例 写真 表 計画 水 鋼 弁 圧力 建物 来週 午前 午後
        ありがとうございます""",
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
    return " ".join(pool[int(chance.random() ** 2 * len(pool))] for _ in range(words))


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
