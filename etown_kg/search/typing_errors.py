"""Words that a word was meant to be, by few typing errors.

The errors are an additional, a missing, a wrong and two exchanged letters (the optimal string
alignment distance). Candidates are found by *symmetric deletion*: two words that are few errors
apart become the same when few letters are taken from each, so the deletions of the known words are
kept, and those of the typed word looked up. Only the first letters' deletions are kept: what
differs behind them is left to the distance.
"""

from __future__ import annotations

# Shorter words have too many neighbours to guess among.
SHORTEST = 4
# From here on a word may hold two errors.
LONG = 8
MOST_ERRORS = 2
_FIRST_LETTERS = 7


def is_guessable(word: str) -> bool:
    """Whether a word can hold a typing error: codes and numbers mean what they say."""
    return len(word) >= SHORTEST and word.isalpha()


def errors_allowed(word: str) -> int:
    """How many errors a typed word may hold.

    >>> errors_allowed("cat"), errors_allowed("robot"), errors_allowed("industry")
    (0, 1, 2)
    """
    if not is_guessable(word):
        return 0
    return 1 if len(word) < LONG else MOST_ERRORS


def deletions(word: str, errors: int) -> set[str]:
    """The beginning of a word, without up to so many of its letters; the beginning is among them.

    >>> sorted(deletions("abc", 1))
    ['ab', 'abc', 'ac', 'bc']
    """
    start = word[:_FIRST_LETTERS]
    found = {start}
    last = {start}
    for _ in range(errors):
        last = {each[:i] + each[i + 1 :] for each in last for i in range(len(each))}
        found |= last
    return found


def distance(first: str, second: str, most: int) -> int | None:
    """The errors between two words; None if they are more than `most`.

    >>> distance("etwon", "etown", 1), distance("cat", "horse", 2)
    (1, None)
    """
    if abs(len(first) - len(second)) > most:
        return None
    before: list[int] = []
    row = list(range(len(second) + 1))
    for i, letter in enumerate(first, start=1):
        before, above = row, before
        row = [i]
        for j, other in enumerate(second, start=1):
            cost = min(before[j] + 1, row[-1] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == second[j - 2] and first[i - 2] == other:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
        if min(row) > most:
            return None
    return row[-1] if row[-1] <= most else None
