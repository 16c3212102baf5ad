"""Folds the typography of a sentence to the forms that the models were trained on.

Training data use three apostrophes and four kinds of quotation marks; a small vocabulary has no room for them. The same
function prepares the training corpus and every sentence on its way to a model, so that both sides agree. What the
reader sees is restored by `translation` (typographic quotation marks) and by the document's gaps, which never come
here.
"""

import re
import unicodedata

from talmach.text.characters import fold_letters, word_set

_FOLDED = str.maketrans(
    {
        **dict.fromkeys("’ʼ‘`´′ʹ", "'"),
        **dict.fromkeys("«»“”„‟″", '"'),
        **dict.fromkeys("–―‒−", "—"),
        **dict.fromkeys("‐‑", "-"),
        "…": "...",
        # Soft hyphen, zero-width characters and bidi marks carry no meaning for a translation.
        **dict.fromkeys("\u00ad\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u202a\u202b\u202c\u202d\u202e"),
    }
)
_OFFICIAL = str.maketrans("ґҐ", "гГ")
_DOUBLED_QUOTES = re.compile(r"''|,,")
_DIGIT_DASH = re.compile(r"(?<=\d)—(?=\d)")
_SPACES = re.compile(r"\s+")
# A word parted at the end of a line. The hyphen stays after a word that is written with one, and before a particle.
_PARTED_WORD = re.compile(r"(?<![^\W\d_])([^\W\d_]{1,40})[-\u2010\u00ad][ \t]*[\r\n]+[ \t]*(?=([^\W\d_]{1,40}))")
_HYPHENATED = word_set(
    "юго северо вице экс мини макси кто что как где когда куда какой кого кому чем по во из паўднёва паўночна "
    "віцэ хто што дзе калі куды які па з-за well self non ex co semi anti pro vice half north south mid re long short "
    "high low full part so"
)
_PARTICLES = word_set("то либо нибудь таки ка небудзь year years old based style like up in")


def to_official_belarusian(text: str) -> str:
    """Return `text` without the letter ґ, which only Taraškievica writes; the official orthography has г."""
    return text.translate(_OFFICIAL)


def normalize(text: str) -> str:
    """Return `text` in NFC with folded letters, apostrophes, quotation marks, dashes, ellipses and white space."""
    if "\n" in text or "\r" in text:
        text = _PARTED_WORD.sub(_join_parted, text)
    # Before the letters, which are judged by their neighbours; what they are folded to may have to be folded, too.
    text = _SPACES.sub(" ", unicodedata.normalize("NFC", text).translate(_FOLDED))
    text = fold_letters(text).translate(_FOLDED)
    text = _DOUBLED_QUOTES.sub('"', text)
    text = _DIGIT_DASH.sub("-", text)
    return _SPACES.sub(" ", text).strip()


def _join_parted(match: re.Match[str]) -> str:
    first, second = match[1], match[2]
    keeps_hyphen = first.lower() in _HYPHENATED or second in _PARTICLES or not second.islower()
    return f"{first}-" if keeps_hyphen else first
