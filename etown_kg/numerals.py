"""The numbers that a phrase of a text states, exactly.

`numbers("more than 200 billion yuan")` is `{200000000000}`. The evidence check needs it to
prove that a stated number stands in its phrase. Values are `Fraction`s, so that one-third is
one-third. A number is read from

- digits with thousands commas and decimals ("1,748", "34.8"), also behind a currency sign and
  before a percent sign, which do not change it;
- number words from zero ("eight", "twenty-one", "one hundred and five");
- either of them times scales ("200 billion", "$28 billion", "hundred-billion", 2000亿);
- fractions ("one-third", "one third", "a quarter", "half", "1/3").

A hyphen binds tighter than a space: "four hundred-billion clusters" states 4 and 10**11, not
400 * 10**9. Digits inside a word ("5G") are no number, and neither are ordinals.
"""

from __future__ import annotations

import re
from fractions import Fraction

_UNITS = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
)  # fmt: skip
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SMALL = {word: value for value, word in enumerate(_UNITS)} | {
    word: 10 * value for value, word in enumerate(_TENS, start=2)
}
_SCALES = {
    "hundred": 10**2,
    "thousand": 10**3,
    "million": 10**6,
    "billion": 10**9,
    "trillion": 10**12,
    "万": 10**4,
    "亿": 10**8,
}
_PARTS = {
    name: Fraction(1, denominator)
    for denominator, names in {
        2: "half halves",
        3: "third thirds",
        4: "quarter quarters fourth fourths",
        5: "fifth fifths",
        6: "sixth sixths",
        7: "seventh sevenths",
        8: "eighth eighths",
        9: "ninth ninths",
        10: "tenth tenths",
    }.items()
    for name in names.split()
}
_DIGITS = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?")
_RATIO = re.compile(r"(\d+)/(\d+)")
_HAN_SCALED = re.compile(r"((?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?)([万亿]*)(?=[㐀-鿿])")
# Marks that may stand around a number without being part of it.
_AROUND = "\"'“”‘’()[]{}<>,.;:!?$€£¥￥%~≈+，。；：！？（）％"


def numbers(phrase: str) -> frozenset[Fraction]:
    """Every number that `phrase` states; see the module's text for what is read."""
    found: set[Fraction] = set()
    run: list[str] = []
    for token in phrase.lower().split():
        word = token.strip(_AROUND)
        ends_here = token[len(token.rstrip(_AROUND)) :].strip("$%％") != ""
        if _is_part_of_number(word) or (run and word == "and"):
            run.append(word)
        else:
            found |= _of_run(run) | _of_compound(word)
            run = []
        if ends_here:  # "in 2021, 300 cars": a comma separates two numbers
            found |= _of_run(run)
            run = []
    return frozenset(found | _of_run(run))


def _is_part_of_number(word: str) -> bool:
    return bool(_DIGITS.fullmatch(word)) or any(
        word in table for table in (_SMALL, _SCALES, _PARTS, {"a", "an"})
    )


def _digits(word: str) -> Fraction | None:
    return Fraction(word.replace(",", "")) if _DIGITS.fullmatch(word) else None


def _of_run(run: list[str]) -> set[Fraction]:
    """The numbers in words that stand side by side, e.g. ["200", "billion"]."""
    found: set[Fraction] = set()
    total = group = Fraction(0)  # as in "two million | three hundred five"
    open_ = False  # whether a number has begun and may go on
    last: Fraction | None = None  # the word before, when it was a count
    article = False

    def close() -> None:
        nonlocal total, group, open_, last
        if open_:
            found.add(total + group)
        total = group = Fraction(0)
        open_, last = False, None

    for word in run:
        digits = _digits(word)
        if word in ("a", "an"):
            close()
            article = True
            continue
        if word == "and":
            continue
        if word in _PARTS:
            # "third" alone is an ordinal, "half" alone is not; "a third", "two thirds" count.
            if last is not None or article or word == "half":
                found.add((last if last is not None else 1) * _PARTS[word])
            total = group = Fraction(0)
            open_, last = False, None
        elif word in _SCALES:
            scale = _SCALES[word]
            if not open_ and not article:
                pass  # "billion" alone, or "hundreds of": no number
            elif scale == 100:
                group = (group or Fraction(1)) * scale
                open_ = True
            else:
                total += (group or Fraction(1)) * scale
                group, open_ = Fraction(0), True
            last = None
        else:
            value = digits if digits is not None else Fraction(_SMALL[word])
            continues = open_ and digits is None and (group == 0 or group % 100 == 0 or last == 0)
            if open_ and not continues:
                close()
            group, open_, last = group + value, True, value
        article = False
    close()
    return found


def _of_compound(word: str) -> set[Fraction]:
    """The numbers in one word with hyphens, a slash or Han characters."""
    ratio = _RATIO.fullmatch(word)
    if ratio and int(ratio[2]):
        return {Fraction(int(ratio[1]), int(ratio[2]))}
    han = {
        Fraction(number.replace(",", "")) * _han_scale(scales)
        for number, scales in _HAN_SCALED.findall(word)
    }
    if han:
        return han
    parts = [part.strip(_AROUND) for part in re.split(r"[-–‑]", word)]
    if len(parts) < 2:
        return set()
    if all(_DIGITS.fullmatch(part) for part in parts):  # "2012-2021" is a range of two
        return {Fraction(part.replace(",", "")) for part in parts}
    if all(_is_part_of_number(part) for part in parts):
        if parts[0] in _SCALES:  # "hundred-billion" is one hundred billion
            parts = ["one", *parts]
        if len(parts) == 2 and parts[0] in _TENS and parts[1] in _UNITS:
            return {Fraction(_SMALL[parts[0]] + _SMALL[parts[1]])}
        return _of_run(parts)
    # "300-vehicle": the number in front counts.
    front = _digits(parts[0])
    if front is None and parts[0] in _SMALL:
        front = Fraction(_SMALL[parts[0]])
    return {front} if front is not None else set()


def _han_scale(scales: str) -> int:
    product = 1
    for scale in scales:
        product *= _SCALES[scale]
    return product
