"""The index's tables, and how they are filled: SQLite in memory.

`text` has every text in a row of its own with its key; `words` is its full-text index and `whole`
that of all texts of a resource together, neither of which holds the texts a second time. `near`
leads from the deletions of a name's word to the word (`typing_errors`), `known` lists all words.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import Any

from etown_kg.errors import UnavailableError
from etown_kg.search.hits import ABOUT, WEIGHTS, Role, Text
from etown_kg.search.typing_errors import MOST_ERRORS, deletions, is_guessable
from etown_kg.search.words import key, local_name, runs

_ROWS_AT_ONCE = 2000
_TOKENS = "tokenize='unicode61 remove_diacritics 0'"
_TABLES = f"""
CREATE TABLE resource (
  id INTEGER PRIMARY KEY, iri TEXT NOT NULL, is_named INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE text (
  id INTEGER PRIMARY KEY, resource INTEGER NOT NULL, role INTEGER NOT NULL, weight REAL NOT NULL,
  language TEXT NOT NULL, text TEXT NOT NULL, key TEXT NOT NULL
);
CREATE TABLE member (
  class INTEGER NOT NULL, resource INTEGER NOT NULL, PRIMARY KEY (class, resource)
) WITHOUT ROWID;
CREATE TABLE near (
  deletion TEXT NOT NULL, word TEXT NOT NULL, PRIMARY KEY (deletion, word)
) WITHOUT ROWID;
CREATE VIRTUAL TABLE words USING fts5(key, content='', prefix='1 2 3', {_TOKENS});
CREATE VIRTUAL TABLE whole USING fts5(key, content='', {_TOKENS});
CREATE VIRTUAL TABLE known USING fts5vocab(words, 'row');
CREATE TEMP TABLE hit (
  resource INTEGER PRIMARY KEY, text INTEGER, score REAL NOT NULL, how TEXT NOT NULL
);
"""
# When all rows are there: an index that is filled row by row takes longer.
_INDEXES = """
CREATE INDEX text_of ON text (resource);
CREATE INDEX member_of ON member (resource);
"""


def connect() -> sqlite3.Connection:
    """Empty tables, for any thread, one at a time.

    Raises:
        UnavailableError: this Python's SQLite has no full-text search.
    """
    connection = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
    try:
        connection.executescript(_TABLES)
    except sqlite3.OperationalError as error:
        connection.close()
        raise UnavailableError(
            "nothing can be searched: SQLite was built without FTS5",
            hint=f"SQLite {sqlite3.sqlite_version}: {error}",
        ) from error
    return connection


def fill(
    connection: sqlite3.Connection,
    texts: Iterable[Text],
    members: Iterable[tuple[str, str]],
    about: Collection[str] = frozenset(),
) -> dict[str, int]:
    """Put texts, and pairs of a resource and a class of it, into empty tables.

    Gives the numbers of the resources. Each of them gets a text more: the last part of its IRI.
    The texts of those in `about` weigh less.
    """
    filling = _Filling(connection, about)
    connection.execute("BEGIN")
    filling.add_texts(texts)
    filling.add_members(members)
    filling.add_texts(
        [Text(iri, Role.ADDRESS, local_name(iri), "") for iri in list(filling.numbers)]
    )
    filling.finish()
    connection.execute("COMMIT")
    connection.executescript(_INDEXES)
    return filling.numbers


class _Filling:
    def __init__(self, connection: sqlite3.Connection, about: Collection[str]) -> None:
        self.numbers: dict[str, int] = {}
        self._about = about
        self._connection = connection
        self._texts = 0
        # The words of names: definitions hold too many that nobody means.
        self._names: set[str] = set()

    def add_texts(self, texts: Iterable[Text]) -> None:
        for rows in _chunks(self._rows(texts)):
            self._connection.executemany(
                "INSERT INTO text VALUES (?, ?, ?, ?, ?, ?, ?)", (row[:7] for row in rows)
            )
            self._connection.executemany(
                "INSERT INTO words (rowid, key) VALUES (?, ?)", ((row[0], row[7]) for row in rows)
            )

    def add_members(self, members: Iterable[tuple[str, str]]) -> None:
        pairs = ((self._number(of_class), self._number(iri)) for iri, of_class in members)
        for rows in _chunks(pairs):
            self._connection.executemany("INSERT OR IGNORE INTO member VALUES (?, ?)", rows)

    def finish(self) -> None:
        """Fill the tables that follow from the others."""
        self._connection.executemany(
            "INSERT INTO resource (iri, id) VALUES (?, ?)", self.numbers.items()
        )
        self._connection.execute(
            "UPDATE resource SET is_named = 1 WHERE id IN "
            "(SELECT resource FROM text WHERE role = ?)",
            (int(Role.LABEL),),
        )
        self._connection.execute(
            "INSERT INTO whole (rowid, key) "
            "SELECT resource, GROUP_CONCAT(key, ' ') FROM text GROUP BY resource"
        )
        near = (
            (deletion, word)
            for word in self._names
            if is_guessable(word)
            for deletion in deletions(word, MOST_ERRORS)
        )
        for rows in _chunks(near):
            self._connection.executemany("INSERT INTO near VALUES (?, ?)", rows)

    def _number(self, iri: str) -> int:
        return self.numbers.setdefault(iri, len(self.numbers) + 1)

    def _rows(self, texts: Iterable[Text]) -> Iterator[tuple[Any, ...]]:
        """The rows of texts, and behind each what its full-text index reads."""
        for resource, role, text, language in texts:
            found = runs(text)
            if not found:
                continue
            if role is not Role.DEFINITION:
                self._names.update(word for run in found for word in run.words)
                self._names.update(run.joined for run in found if run.joined)
            self._texts += 1
            read = key(found)
            joined = [run.joined for run in found if run.joined]
            if role is Role.ADDRESS and len(found) > 1:
                joined.append(read.replace(" ", ""))
            weight = WEIGHTS[role] * (ABOUT if resource in self._about else 1)
            yield (
                self._texts, self._number(resource), int(role), weight, language, text,
                read, " ".join((read, *joined)),
            )  # fmt: skip


def _chunks(rows: Iterable[tuple[Any, ...]]) -> Iterator[list[tuple[Any, ...]]]:
    """Few rows at a time: other threads get their turn, and nothing is held twice."""
    iterator = iter(rows)
    while chunk := list(islice(iterator, _ROWS_AT_ONCE)):
        yield chunk
