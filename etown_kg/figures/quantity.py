"""Numbers as people write and read them: "600 billion", "6000亿", "1/3", without rounding."""

from __future__ import annotations

import re
import unicodedata
from decimal import Decimal
from fractions import Fraction

from etown_kg.interval import shown

# Words for powers of ten, the largest first.
SCALES: dict[str, tuple[tuple[int, str], ...]] = {
    "en": ((10**12, "trillion"), (10**9, "billion"), (10**6, "million")),
    "zh": ((10**12, "万亿"), (10**8, "亿"), (10**4, "万")),
}
_SHORT = {"trillion": "tn", "billion": "bn", "million": "m"}
# Scale words that are read but not written.
_READ_ONLY = {"thousand": 10**3, "千": 10**3, "百万": 10**6, "tn": 10**12, "bn": 10**9}
_READ = _READ_ONLY | {word: scale for scales in SCALES.values() for scale, word in scales}

_QUANTITY = re.compile(
    r"""(?P<sign>[-+])?\s*
        (?:(?P<numerator>\d{1,40})\s*/\s*(?P<denominator>\d{1,40})
          |(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+)(?:e(?P<exponent>[-+]?\d{1,2}))?
           \s*(?P<scale>[a-z\u4e00-\u9fff]+)?\s*%?)""",
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
# The longest text that is read as a number.
MAX_LENGTH = 60


def quantity(text: str) -> Fraction | None:
    """The number that a text is, exactly; None if it is none.

    >>> quantity("600 billion") == quantity("6000亿") == quantity("6e11")
    True
    >>> quantity("more than 300")
    """
    plain = unicodedata.normalize("NFKC", text).replace("\u2212", "-").strip()
    found = _QUANTITY.fullmatch(plain) if len(plain) <= MAX_LENGTH else None
    if found is None:
        return None
    sign = -1 if found["sign"] == "-" else 1
    if found["numerator"]:
        denominator = int(found["denominator"])
        return sign * Fraction(int(found["numerator"]), denominator) if denominator else None
    scale = _READ.get(found["scale"].lower()) if found["scale"] else 1
    if scale is None:
        return None
    number = Decimal(found["number"].replace(",", ""))
    return sign * Fraction(number) * scale * Fraction(10) ** int(found["exponent"] or 0)


def written(value: Fraction, language: str, *, short: bool = False) -> str:
    """A number for a reader, exactly, with a scale word where that makes it shorter.

    `short` takes the abbreviations that stand on an axis. A fraction whose decimals do not end is
    cut with an ellipsis.

    >>> written(Fraction(600_000_000_000), "en"), written(Fraction(600_000_000_000), "zh")
    ('600 billion', '6000亿')
    >>> written(Fraction(200_000_000_000), "en", short=True), written(Fraction(1748), "en")
    ('200bn', '1,748')
    """
    for scale, word in SCALES.get(language, SCALES["en"]):
        scaled = value / scale
        # At most two decimals and four digits before them: beyond that, all digits read better.
        if 1 <= abs(scaled) < 10_000 and (scaled * 100).denominator == 1:
            if language == "zh":
                return shown(scaled) + word
            return _grouped(shown(scaled)) + (_SHORT[word] if short else f" {word}")
    return shown(value) if language == "zh" else _grouped(shown(value))


def _grouped(digits: str) -> str:
    """Thousands apart, as English texts have them."""
    whole, point, rest = digits.partition(".")
    sign = "-" if whole.startswith("-") else ""
    return f"{sign}{int(whole.lstrip('-')):,}{point}{rest}"
