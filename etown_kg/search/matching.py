"""What a reader typed, as expressions of SQLite's full-text search.

https://www.sqlite.org/fts5.html#full_text_query_syntax. Only words of letters and digits get into
an expression, in quotation marks, so nothing that is typed is read as an operator.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from etown_kg.search.words import Run, key, runs

# More words do not make a question clearer, and each costs a look-up.
MAX_WORDS = 24
MAX_CHARACTERS = 500


@dataclass(frozen=True)
class Typed:
    """What was typed: its runs of words, and their key."""

    runs: tuple[Run, ...]
    key: str

    @classmethod
    def of(cls, text: str) -> Typed:
        """The words of a text, up to both bounds."""
        found: list[Run] = []
        room = MAX_WORDS
        for run in runs(text[:MAX_CHARACTERS]):
            if room <= 0:
                break
            found.append(Run(run.words[:room], run.is_unspaced))
            room -= len(run.words)
        return cls(tuple(found), key(found))

    @property
    def words(self) -> list[str]:
        """The words of scripts with spaces."""
        return [word for run in self.runs if not run.is_unspaced for word in run.words]

    @property
    def pairs(self) -> int:
        """How many pairs of neighbours the scripts without spaces have."""
        return sum(len(run.words) - 1 for run in self.runs if run.is_unspaced)

    def whole(self) -> str:
        """All runs, each word in full."""
        return " AND ".join(_run(run, "") for run in self.runs)

    def begun(self) -> str:
        """All runs; words of scripts with spaces may go on."""
        return " AND ".join(_run(run, "*") for run in self.runs)

    def corrected(self, corrections: Mapping[str, Sequence[str]]) -> str:
        """As `begun`, with other words in place of those that `corrections` names."""
        return " AND ".join(_corrected(run, corrections) for run in self.runs)

    def units(self) -> list[str]:
        """An expression for each word and each pair of characters, each once."""
        found = []
        for run in self.runs:
            if run.is_unspaced and len(run.words) > 1:
                found += [f'"{first} {second}"' for first, second in pairwise(run.words)]
            else:
                found += [f'"{word}"{"" if run.is_unspaced else "*"}' for word in run.words]
        return list(dict.fromkeys(found))


def corrections(
    words: Iterable[str], is_known: Callable[[str], bool], near: Callable[[str], Sequence[str]]
) -> dict[str, Sequence[str]]:
    """Other words for those that begin no known word, where there are any."""
    found = {word: near(word) for word in dict.fromkeys(words) if not is_known(word)}
    return {word: others for word, others in found.items() if others}


def _run(run: Run, end: str) -> str:
    phrase = f'"{" ".join(run.words)}"'
    if run.is_unspaced:
        return phrase
    return f'({phrase}{end} OR "{run.joined}"{end})' if run.joined else phrase + end


def _corrected(run: Run, corrections: Mapping[str, Sequence[str]]) -> str:
    if run.is_unspaced or not any(word in corrections for word in run.words):
        return _run(run, "*")
    return " AND ".join(
        "(" + " OR ".join(f'"{other}"' for other in corrections[word]) + ")"
        if word in corrections
        else f'"{word}"*'
        for word in run.words
    )
