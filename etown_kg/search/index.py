"""The index: names and definitions of resources in SQLite's full-text search.

https://www.sqlite.org/fts5.html. A search takes the first of these steps that finds anything:

1. texts that hold every word, whole or as a beginning; a word that begins no known word is read
   as the known words that it may have been meant to be (`typing_errors`);
2. resources that hold every word, in different texts;
3. texts that hold at least half of the words, or a quarter of the pairs of characters.

The score of a hit runs from 0 to 100 and follows from how the text matches (`How`), how much of
the text was typed, and what the text is to the resource (`Role`); the names of what describes the
graph count less (`ABOUT`).
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from etown_kg.errors import LimitError
from etown_kg.search import matching, tables
from etown_kg.search.hits import SCORES, Found, Hit, How, Role, Text
from etown_kg.search.matching import Typed
from etown_kg.search.typing_errors import deletions, distance, errors_allowed

# Further candidates for a mistyped word are ever less likely.
MAX_CORRECTIONS = 6
SEARCH_S = 2.0


class Index:
    """What can be found, in one version of the data. Any thread may search; it never changes."""

    def __init__(
        self,
        texts: Iterable[Text],
        members: Iterable[tuple[str, str]],
        *,
        about: Collection[str] = frozenset(),
        is_whole: bool = True,
    ) -> None:
        """Take in texts, and pairs of a resource and a class of it.

        Every resource is found by the last part of its IRI too. `about` are those that describe
        the graph and are none of its things: their texts count less. `is_whole` is kept for who
        builds the index of a part of the data only.

        Raises:
            UnavailableError: this Python's SQLite has no full-text search.
        """
        self.is_whole = is_whole
        self._lock = threading.Lock()
        self._connection = tables.connect()
        self._numbers = tables.fill(self._connection, texts, members, about)
        self.size = len(self._numbers)

    def search(
        self,
        text: str,
        *,
        iri: str | None = None,
        in_class: str | None = None,
        names_only: bool = False,
        limit: int = 10,
        offset: int = 0,
        classes: int = 0,
    ) -> Found:
        """The resources that the text finds, best first.

        Args:
            text: what was typed.
            iri: what the text names as an IRI; if there is such a resource, it is the only hit.
            in_class: the class that hits must be in.
            names_only: leave definitions out.
            limit, offset: the page.
            classes: how many classes to count.

        Raises:
            LimitError: it took longer than `SEARCH_S`.
        """
        typed = Typed.of(text)
        with self._lock, self._in_time():
            self._connection.execute("DELETE FROM hit")
            corrections: Mapping[str, Sequence[str]] = {}
            if iri is not None and iri in self._numbers:
                self._connection.execute(
                    "INSERT INTO hit VALUES (?, NULL, ?, ?)",
                    (self._numbers[iri], SCORES[How.IRI][0], How.IRI.value),
                )
            else:
                corrections = self._collect(typed, names_only)
            return self._page(in_class, limit, offset, classes, corrections)

    def texts(self, iris: Sequence[str]) -> dict[str, list[Text]]:
        """The texts of resources by IRI, in the order of `Role`; nothing for unknown ones."""
        found: dict[str, list[Text]] = {}
        numbers = [self._numbers[iri] for iri in dict.fromkeys(iris) if iri in self._numbers]
        with self._lock:
            rows = self._connection.execute(
                "SELECT r.iri, t.role, t.text, t.language FROM text t JOIN resource r "
                f"ON r.id = t.resource WHERE r.id IN ({_marks(numbers)}) "
                "ORDER BY r.id, t.role, t.language, t.id",
                numbers,
            )
            for iri, role, text, language in rows:
                found.setdefault(iri, []).append(Text(iri, Role(role), text, language))
        return found

    def classes_of(self, iris: Sequence[str]) -> dict[str, list[str]]:
        """The classes of resources by IRI, those with the fewest members first."""
        found: dict[str, list[str]] = {}
        numbers = [self._numbers[iri] for iri in dict.fromkeys(iris) if iri in self._numbers]
        with self._lock:
            rows = self._connection.execute(
                "SELECT r.iri, c.iri, (SELECT COUNT(*) FROM member n WHERE n.class = c.id) AS size "
                "FROM member m JOIN resource r ON r.id = m.resource "
                f"JOIN resource c ON c.id = m.class WHERE r.id IN ({_marks(numbers)}) "
                "ORDER BY r.id, size, c.iri",
                numbers,
            )
            for iri, of_class, _ in rows:
                found.setdefault(iri, []).append(of_class)
        return found

    def __contains__(self, iri: object) -> bool:
        return iri in self._numbers

    # Searching; who calls these holds the lock

    def _collect(self, typed: Typed, names_only: bool) -> Mapping[str, Sequence[str]]:
        """Put the hits into their table, by the first step that has any."""
        if not typed.runs:
            return {}
        corrections = matching.corrections(typed.words, self._is_known, self._near)
        if corrections:
            self._collect_similar(typed.corrected(corrections), typed, names_only)
        else:
            self._collect_every(typed, names_only)
            if names_only and not self._any():
                # A word that only definitions have may have been meant to be one of a name.
                corrections = matching.corrections(typed.words, lambda word: False, self._near)
                if corrections:
                    self._collect_similar(typed.corrected(corrections), typed, names_only)
        if self._any():
            return corrections
        if not names_only:
            self._connection.execute(
                "INSERT INTO hit SELECT rowid, NULL, ?, ? FROM whole WHERE whole MATCH ?",
                (SCORES[How.SPREAD][0], How.SPREAD.value, typed.corrected(corrections)),
            )
        if not self._any():
            self._collect_some(typed, names_only)
        return corrections if self._any() else {}

    def _collect_every(self, typed: Typed, names_only: bool) -> None:
        hows = (How.EXACT, How.BEGINS, How.WORDS, How.BEGINNINGS)
        cases = " ".join(
            f"WHEN {condition} THEN {index}"
            for index, condition in enumerate(
                (
                    "t.key = :key",
                    "SUBSTR(t.key, 1, :length) = :key",
                    "t.id IN (SELECT rowid FROM words WHERE words MATCH :whole)",
                    "TRUE",
                )
            )
        )
        base = _by_number(SCORES[how][0] for how in hows)
        gain = _by_number(SCORES[how][1] for how in hows)
        names = _by_number(f"'{how.value}'" for how in hows)
        self._connection.execute(
            "INSERT INTO hit SELECT resource, id, MAX(score), how FROM ("
            f"SELECT resource, id, weight * ({base} + {gain} * covered) AS score, "
            f"{names} AS how FROM ("
            "SELECT t.resource, t.id, t.weight, "
            "MIN(1.0, CAST(:length AS REAL) / LENGTH(t.key)) AS covered, "
            f"CASE {cases} END AS n "
            "FROM words JOIN text t ON t.id = words.rowid WHERE words MATCH :begun"
            f"{_only_names(names_only)})) GROUP BY resource",
            {
                "key": typed.key,
                "length": len(typed.key),
                "whole": typed.whole(),
                "begun": typed.begun(),
            },
        )

    def _collect_similar(self, expression: str, typed: Typed, names_only: bool) -> None:
        base, gain = SCORES[How.SIMILAR]
        self._connection.execute(
            "INSERT INTO hit SELECT resource, id, MAX(score), :how FROM ("
            "SELECT t.resource, t.id, t.weight * (:base + :gain * "
            "MIN(1.0, CAST(:length AS REAL) / LENGTH(t.key))) AS score "
            "FROM words JOIN text t ON t.id = words.rowid WHERE words MATCH :expression"
            f"{_only_names(names_only)}) GROUP BY resource",
            {
                "how": How.SIMILAR.value,
                "base": base,
                "gain": gain,
                "length": len(typed.key),
                "expression": expression,
            },
        )

    def _collect_some(self, typed: Typed, names_only: bool) -> None:
        units = typed.units()
        if len(units) < 2:
            return
        # Every other pair of characters lies across two words, and says nothing.
        needed = (len(units) - typed.pairs / 2) / 2
        base, gain = SCORES[How.SOME]
        each = " UNION ALL ".join(["SELECT rowid FROM words WHERE words MATCH ?"] * len(units))
        self._connection.execute(
            "INSERT INTO hit SELECT resource, id, MAX(score), ? FROM ("
            "SELECT t.resource, t.id, t.weight * (? + ? * held / ?) AS score FROM "
            f"(SELECT rowid AS id, CAST(COUNT(*) AS REAL) AS held FROM ({each}) GROUP BY rowid "
            "HAVING held >= ?) JOIN text t USING (id) WHERE TRUE"
            f"{_only_names(names_only)}) GROUP BY resource",
            (How.SOME.value, base, gain, len(units), *units, needed),
        )

    def _any(self) -> bool:
        return self._connection.execute("SELECT 1 FROM hit LIMIT 1").fetchone() is not None

    def _is_known(self, word: str) -> bool:
        """Whether some word begins so."""
        return (
            self._connection.execute(
                "SELECT 1 FROM known WHERE term >= ? AND term < ? LIMIT 1",
                (word, word + "\U0010ffff"),
            ).fetchone()
            is not None
        )

    def _near(self, word: str) -> list[str]:
        """The words of names that a word may have been meant to be, nearest first."""
        errors = errors_allowed(word)
        if not errors:
            return []
        keys = sorted(deletions(word, errors))
        rows = self._connection.execute(
            f"SELECT DISTINCT word FROM near WHERE deletion IN ({_marks(keys)})", keys
        )
        apart = [(distance(word, other, errors), other) for (other,) in rows]
        return [other for errors, other in sorted((n, o) for n, o in apart if n is not None)][
            :MAX_CORRECTIONS
        ]

    def _page(
        self,
        in_class: str | None,
        limit: int,
        offset: int,
        classes: int,
        corrections: Mapping[str, Sequence[str]],
    ) -> Found:
        execute = self._connection.execute
        narrowed, parameters = "", []
        if in_class is not None:
            narrowed = "WHERE h.resource IN (SELECT resource FROM member WHERE class = ?)"
            parameters = [self._numbers.get(in_class, -1)]
        (matching_all,) = execute("SELECT COUNT(*) FROM hit").fetchone()
        (total,) = execute(f"SELECT COUNT(*) FROM hit h {narrowed}", parameters).fetchone()
        rows = execute(
            "SELECT r.iri, h.score, h.how, t.role, t.text, t.language FROM hit h "
            f"JOIN resource r ON r.id = h.resource LEFT JOIN text t ON t.id = h.text {narrowed} "
            # What nobody named comes behind; the shorter text is of the more general thing; the IRI
            # makes the order one and the same.
            "ORDER BY h.score DESC, r.is_named DESC, LENGTH(t.key), r.iri LIMIT ? OFFSET ?",
            [*parameters, limit, offset],
        )
        hits = tuple(
            Hit(iri, round(score, 1), How(how), None if role is None else Role(role),
                text or "", language or "")
            for iri, score, how, role, text, language in rows
        )  # fmt: skip
        counted = execute(
            "SELECT r.iri, COUNT(*) AS n FROM hit h JOIN member m ON m.resource = h.resource "
            "JOIN resource r ON r.id = m.class GROUP BY m.class ORDER BY n DESC, r.iri LIMIT ?",
            (classes,),
        )
        return Found(hits, total, tuple(counted), matching_all, dict(corrections))

    @contextmanager
    def _in_time(self) -> Iterator[None]:
        """Stop the search when it takes too long."""
        end = time.monotonic() + SEARCH_S
        self._connection.set_progress_handler(lambda: time.monotonic() > end, 10_000)
        try:
            yield
        except sqlite3.OperationalError as error:
            if "interrupt" not in str(error):
                raise
            raise LimitError(
                f"search time of {SEARCH_S} s", "the search takes longer",
                hint="type more of the words", kind="time",
            ) from error  # fmt: skip
        finally:
            self._connection.set_progress_handler(None, 0)


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def _by_number(values: Iterable[object]) -> str:
    """An SQL expression: the value of the place that column n counts from 0."""
    return "CASE n " + " ".join(f"WHEN {n} THEN {value}" for n, value in enumerate(values)) + " END"


def _only_names(names_only: bool) -> str:
    return f" AND t.role < {int(Role.DEFINITION)}" if names_only else ""
