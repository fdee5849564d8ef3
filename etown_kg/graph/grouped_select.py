"""A SELECT that groups the solutions of plain triple patterns and counts them, read from text.

SPARQL 1.1 Query Language, section 11, and its grammar: SelectClause, WhereClause, GroupClause,
HavingClause, OrderClause (rules 9, 17 and 19 to 24). Each COUNT becomes a variable, whatever
expression it stands in; what is left is a SELECT over a table that has those variables.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from etown_kg import query_text
from etown_kg.graph.triple_patterns import Pattern, run_at
from etown_kg.query_text import Edit, Token

_MODIFIERS = ("ORDER", "LIMIT", "OFFSET")
_AGGREGATES = frozenset({"COUNT", "SUM", "MIN", "MAX", "AVG", "SAMPLE", "GROUP_CONCAT"})
# Columns that nobody else's text has.
_HIDDEN = "etown_count_"


class Count(NamedTuple):
    """``COUNT(...)``: of solutions where `variable` is None, else of what it is bound to."""

    variable: str | None
    is_distinct: bool


class GroupedSelect(NamedTuple):
    """A SELECT and what its table has. Names of variables are without their mark.

    Attributes:
        start, end: the characters from the keyword to where ORDER BY or another modifier begins.
        patterns: what stands in its braces.
        groups: the variables to group by.
        counts: what to count for each group, by the variable that stands for it.
        head: the select clause.
        filters: the conditions of HAVING, as the body of a group graph pattern.
        edits: what the modifiers say of counts.
        order: the words of the modifiers, in upper case but for variables.
        is_cuttable: whether a slice of the answer is a slice of the table.
    """

    start: int
    end: int
    patterns: Sequence[Pattern]
    groups: Sequence[str]
    counts: Mapping[str, Count]
    head: str
    filters: str
    edits: Sequence[Edit]
    order: Sequence[str]
    is_cuttable: bool

    def over(self, body: str) -> list[Edit]:
        """What to write for it, where `body` is a pattern that gives its table."""
        text = f"{self.head} {{ {body}{self.filters} }}"
        return [Edit(self.start, self.end, text), *self.edits]


def grouped_select(
    text: str, words: Sequence[Token], place: int, prefixes: Mapping[str, str]
) -> GroupedSelect | None:
    """The SELECT whose keyword is at a place of the text's terminals; None if it is another kind.

    What parses and is read here means what it says; what does not parse may be read too.
    """
    try:
        return _Reader(text, words, prefixes).select(place)
    except _AnotherKind:
        return None


class _AnotherKind(Exception):  # noqa: N818 - it is no error: the text goes on as it is
    """Something that is not read here."""


class _Reader:
    """Reads terminals from left to right; raises `_AnotherKind` for what it does not know."""

    def __init__(self, text: str, words: Sequence[Token], prefixes: Mapping[str, str]) -> None:
        self._text = text
        self._words = words
        self._prefixes = prefixes
        self._place = 0
        self._counts: dict[str, Count] = {}
        self._aliases: list[str] = []

    def select(self, start: int) -> GroupedSelect:
        words = self._words
        self._place = start + 1
        keyword = "SELECT"
        if self._is_word("DISTINCT", "REDUCED"):
            keyword += f" {self._next().text.upper()}"
        items: list[tuple[int, int]] = []
        while not self._is("{") and not self._is_word("WHERE"):
            items.append(self._item())
        self._pass_if("WHERE")
        self._pass("{")
        patterns, self._place = run_at(words, self._place, self._prefixes)
        self._pass("}")
        groups, has_groups = self._groups()
        shown = [words[first].text[1:] for first, last in items if first == last]
        if keyword == "SELECT DISTINCT" and not has_groups and len(shown) == len(items):
            groups = shown
        columns = [self._column(first, last, groups) for first, last in items]
        filters = self._filters(groups)
        end = self._place
        edits, order = self._modifiers({*groups, *self._aliases}, keyword)
        bound = {name[1:] for each in patterns for name in each.variables if name[0] == "?"}
        used = {each.variable for each in self._counts.values() if each.variable is not None}
        if not (
            patterns
            and (groups or self._counts)
            and used.union(groups) <= bound
            and set(shown) <= set(groups)
            and not bound.intersection(self._aliases)
            and query_text.is_all_read(self._text, words[start:end])
        ):
            raise _AnotherKind
        return GroupedSelect(
            words[start].start, words[end - 1].end, patterns, groups, self._counts,
            " ".join((keyword, *columns)), filters, edits, order,
            is_cuttable=not filters and (keyword == "SELECT" or set(groups) <= set(shown)),
        )  # fmt: skip

    # Clauses

    def _item(self) -> tuple[int, int]:
        """The first and last terminal of a variable or ``( expression AS variable )``."""
        first = self._place
        if self._is("("):
            self._place = self._behind(first)
        elif self._kind() == "variable":
            self._place += 1
        else:
            raise _AnotherKind
        return first, self._place - 1

    def _column(self, first: int, last: int, groups: Sequence[str]) -> str:
        """An item as it is over the table: a count that stands alone is the table's own."""
        words = self._words
        if first == last:
            return f"?{words[first].text[1:]}"
        alias, as_ = words[last - 1], words[last - 2]
        if alias.kind != "variable" or as_.text.upper() != "AS":
            raise _AnotherKind
        name = alias.text[1:]
        count, behind = self._count(first + 1)
        if count is not None and behind == last - 2:
            self._counts[name] = count
            column = f"?{name}"
        else:
            column = f"{self._over(first, last - 3, set(groups))} AS ?{name})"
        if name in self._aliases:
            raise _AnotherKind
        self._aliases.append(name)
        return column

    def _groups(self) -> tuple[list[str], bool]:
        """The variables of GROUP BY, if there is one."""
        if not self._pass_if("GROUP"):
            return [], False
        self._pass("BY")
        names: list[str] = []
        while self._kind() == "variable":
            names.append(self._next().text[1:])
        return list(dict.fromkeys(names)), True

    def _filters(self, groups: Sequence[str]) -> str:
        """The conditions of HAVING; those that are not in brackets are not read."""
        if not self._pass_if("HAVING"):
            return ""
        found = []
        while self._is("("):
            first, self._place = self._place, self._behind(self._place)
            found.append(f" FILTER{self._over(first, self._place - 1, set(groups))}")
        return "".join(found)

    def _modifiers(self, known: set[str], keyword: str) -> tuple[list[Edit], list[str]]:
        """What to change in the rest of the SELECT, and its words."""
        words = self._words
        if self._place < len(words) and not self._is("}") and not self._is_word(*_MODIFIERS):
            raise _AnotherKind
        last = self._place
        depth = 0
        while last < len(words):
            depth += (words[last].text in ("{", "(")) - (words[last].text in ("}", ")"))
            if depth < 0:
                break
            last += 1
        if any(
            word.kind == "word" and word.text.upper() == "VALUES"
            for word in words[self._place : last]
        ):
            raise _AnotherKind
        columns = len(self._counts)
        edits = self._edits(self._place, last - 1, known)
        if keyword != "SELECT" and len(self._counts) > columns:
            raise _AnotherKind  # what is different may be ordered by what is shown alone
        order: list[str] = []
        position = self._place
        for edit in edits:
            while words[position].start < edit.start:
                order.append(_plain(words[position]))
                position += 1
            order.append(edit.text)
            while position < last and words[position].start < edit.end:
                position += 1
        order += map(_plain, words[position:last])
        return edits, order

    # Expressions

    def _over(self, first: int, last: int, known: set[str]) -> str:
        """The text of an expression with a variable in place of each count."""
        start = self._words[first].start
        edits = self._edits(first, last, known)
        moved = [Edit(each.start - start, each.end - start, each.text) for each in edits]
        return query_text.edited(self._text[start : self._words[last].end], moved)

    def _edits(self, first: int, last: int, known: set[str]) -> list[Edit]:
        """The variables to write for the counts between two places; all others are known."""
        edits = []
        place = first
        while place <= last:
            word = self._words[place]
            count, behind = self._count(place)
            if count is not None:
                end = self._words[behind - 1].end
                edits.append(Edit(word.start, end, f"?{self._name_of(count)}"))
                place = behind
                continue
            is_aggregate = word.kind == "word" and word.text.upper() in _AGGREGATES
            if is_aggregate or (word.kind == "variable" and word.text[1:] not in known):
                raise _AnotherKind
            place += 1
        return edits

    def _name_of(self, count: Count) -> str:
        for name, known in self._counts.items():
            if known == count:
                return name
        name = f"{_HIDDEN}{len(self._counts)}"
        self._counts[name] = count
        return name

    def _count(self, place: int) -> tuple[Count | None, int]:
        """``COUNT ( DISTINCT? (* | variable) )`` at a place, and the place behind it."""
        words = [word.text for word in self._words[place : place + 5]]
        if words[:1] and (words[0].upper(), *words[1:2]) != ("COUNT", "("):
            return None, place
        is_distinct = words[2:3] != [] and words[2].upper() == "DISTINCT"
        inside = words[3:5] if is_distinct else words[2:4]
        if len(inside) != 2 or inside[1] != ")":
            return None, place
        behind = place + (5 if is_distinct else 4)
        if inside[0] == "*" and not is_distinct:
            return Count(None, is_distinct), behind
        if inside[0][0] in "?$":
            return Count(inside[0][1:], is_distinct), behind
        return None, place

    # Terminals

    def _behind(self, place: int) -> int:
        """The place behind the bracket that closes the one at a place."""
        depth = 0
        for index in range(place, len(self._words)):
            depth += (self._words[index].text == "(") - (self._words[index].text == ")")
            if not depth:
                return index + 1
        raise _AnotherKind

    def _kind(self) -> str | None:
        return self._words[self._place].kind if self._place < len(self._words) else None

    def _is(self, text: str) -> bool:
        return self._place < len(self._words) and self._words[self._place].text == text

    def _is_word(self, *texts: str) -> bool:
        return self._kind() == "word" and self._words[self._place].text.upper() in texts

    def _pass(self, text: str) -> None:
        if not self._pass_if(text):
            raise _AnotherKind

    def _pass_if(self, text: str) -> bool:
        """Whether this terminal comes next, which is passed then."""
        found = self._is(text) or self._is_word(text)
        self._place += found
        return found

    def _next(self) -> Token:
        self._place += 1
        return self._words[self._place - 1]


def _plain(word: Token) -> str:
    return word.text.replace("$", "?") if word.kind == "variable" else word.text.upper()
