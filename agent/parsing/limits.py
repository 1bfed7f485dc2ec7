"""How much of a hostile message is looked at: every limit of the parser in one place."""

from __future__ import annotations

MAX_DEPTH = 100  # multiparts inside multiparts; what lies deeper is one opaque leaf
MAX_PARTS = 1_000
MAX_HEADERS = 2_000
MAX_HEADER_BYTES = 65_536  # of one header that is decoded
MAX_HEADER_CHARS = 8_192  # of one header that is kept for judging
MAX_WORD_RUNS = 200  # encoded words with text between them, each of which may need its charset guessed
MAX_ADDRESSES = 2_000
MAX_NAME_CHARS = 256
MAX_EMAIL_CHARS = 320  # RFC 3696 erratum 1690, with room
MAX_ID_CHARS = 512
MAX_IDS = 100
MAX_IDS_FIRST = 5
MAX_EMBEDDED = 10
MAX_EMBEDDED_DEPTH = 5
MAX_ATTACHMENTS = 500
MAX_FILENAME_CHARS = 255
MAX_TEXT_CHARS = 262_144
MAX_HTML_CHARS = 524_288  # also of text before its line ends are made one character each
MAX_CAREFUL_DEPTH = 30  # the standard library's parser recurses once per level
KEY_BODY_BYTES = 1_048_576  # below the least that any source hands over of a truncated message
MAX_CAREFUL_BYTES = 1_048_576  # a message cut at HEAD_BYTES lacks its closing boundary by nature
MAX_CARDS = 3
MAX_CARD_BYTES = 16_384  # a vCard with a photograph is cut behind its names and numbers
