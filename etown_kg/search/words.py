"""Texts as words to be found: folding, and the words of scripts that set no spaces.

Folded are case, width, ligatures (NFKC, https://unicode.org/reports/tr15/), the accents of Latin,
Greek and Cyrillic, and the traditional forms of Chinese characters, by OpenCC's table. Of scripts
without spaces every character is a word of its own, so that any stretch of characters is a
phrase: what a Chinese reader types is found wherever it stands.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import cache
from itertools import groupby
from typing import NamedTuple

import opencc

# Thai, Lao, Tibetan, Burmese, Khmer; kana, bopomofo and Han; Hangul; Han beyond the first plane.
_UNSPACED = (
    "\u0e00-\u0eff\u0f00-\u0fff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
_WORDS = re.compile(rf"([{_UNSPACED}]+)|[^\W_{_UNSPACED}]+")
# Han of the first plane, and beyond it (https://www.unicode.org/charts/).
_HAN = (range(0x3400, 0x4DC0), range(0x4E00, 0xA000), range(0x20000, 0x2A6E0))
_ACCENT = re.compile("[\u0300-\u036f]")
# What joins two words into one that is also written without it: E-Town, R&D, O'Neill.
_JOINERS = frozenset("-‐‑'’&./·")
# A chain of more words is no compound but an address or a date.
_COMPOUND_PARTS = 4
_HUMP = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])|_")


class Run(NamedTuple):
    """Words that stand together: a compound, or characters of a script without spaces."""

    words: tuple[str, ...]
    is_unspaced: bool

    @property
    def joined(self) -> str:
        """The compound as one word; "" if this is none."""
        is_compound = not self.is_unspaced and 1 < len(self.words) <= _COMPOUND_PARTS
        return "".join(self.words) if is_compound else ""


def folded(text: str) -> str:
    """The text without the differences that a reader does not type.

    >>> folded("Ｅ－Ｔｏｗｎ Café")
    'e-town cafe'
    >>> folded("產業集羣")
    '产业集群'
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    plain = _ACCENT.sub("", unicodedata.normalize("NFD", plain))
    plain = unicodedata.normalize("NFC", plain)
    return plain if plain.isascii() else plain.translate(_simplified())


@cache
def _simplified() -> Mapping[int, str]:
    """The simplified form of each traditional character, made once in about 0.1 s.

    Character by character, not by phrases as OpenCC can: a character that stands for two (乾) is
    the same in the text and in what is typed, and no position moves.
    """
    characters = [chr(number) for some in _HAN for number in some]
    converted = opencc.OpenCC("t2s").convert("\n".join(characters)).split("\n")
    pairs = zip(characters, converted, strict=True)
    return {ord(one): other for one, other in pairs if one != other}


def runs(text: str) -> list[Run]:
    """The words of a text in order, those that stand together in one run.

    >>> [run.words for run in runs("亦庄 E-Town, 5G基站")]
    [('亦', '庄'), ('e', 'town'), ('5g',), ('基', '站')]
    """
    plain = folded(text)
    found: list[Run] = []
    end = -1
    for match in _WORDS.finditer(plain):
        if match[1]:
            found.append(Run(tuple(match[1]), True))
        elif end > 0 and plain[end : match.start()] in _JOINERS and not found[-1].is_unspaced:
            found[-1] = Run((*found[-1].words, match[0]), False)
        else:
            found.append(Run((match[0],), False))
        end = match.end()
    return found


def pieces(text: str, typed: str) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it matches a word of what was typed.

    >>> pieces("Beijing E-Town 亦庄镇", "BEI 亦庄")
    [('Bei', True), ('jing E-Town ', False), ('亦庄', True), ('镇', False)]
    """
    # Folding can change the number of characters; each folded one remembers whose it is.
    letters = [(each, place) for place, char in enumerate(text) for each in folded(char)]
    plain = "".join(each for each, _ in letters)
    matching = [False] * len(text)
    for run in runs(typed):
        pattern = (
            re.escape("".join(run.words))
            if run.is_unspaced
            else r"(?<![^\W_])(?:" + "|".join(map(re.escape, run.words)) + ")"
        )
        for match in re.finditer(pattern, plain):
            for _, place in letters[match.start() : match.end()]:
                matching[place] = True
    return [
        ("".join(char for char, _ in group), is_match)
        for is_match, group in groupby(zip(text, matching, strict=True), key=lambda pair: pair[1])
    ]


def key(found: list[Run]) -> str:
    """The words with a space between: texts with the same key read the same.

    >>> key(runs("E-Town!")) == key(runs("e town"))
    True
    """
    return " ".join(word for run in found for word in run.words)


def local_name(iri: str) -> str:
    """The last part of an IRI as words.

    >>> local_name("https://w3id.org/etown/ontology#RankClaim")
    'Rank Claim'
    >>> local_name("https://zoo.example/great_ape/")
    'great ape'
    """
    last = re.split(r"[/#]", iri.rstrip("/#"))[-1]
    return _HUMP.sub(" ", last)
