"""Which graphs somebody may read: the ones named, or all but the ones named.

A scope is asked about every graph by its IRI; the unnamed graph is called ``default``. It is not
a list of what there is: a graph that is made tomorrow is in it or not by the same rule.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Final

# What the setting ``private`` calls every graph, and a scope the one without a name.
EVERY_GRAPH: Final = "all"
UNNAMED_GRAPH: Final = "default"


@dataclass(frozen=True)
class Scope:
    """The graphs `graphs`, or with `is_all_but` all the others.

    Two scopes that name the same are equal: `graphs` is sorted and has nothing twice.

    >>> "x:a" in Scope.all_but(["x:b"]), "x:b" in Scope.all_but(["x:b"]), "x:a" in Scope.only([])
    (True, False, False)
    """

    graphs: tuple[str, ...] = ()
    is_all_but: bool = True

    @classmethod
    def only(cls, graphs: Iterable[str]) -> Scope:
        """These graphs and no others."""
        return cls(tuple(sorted(set(graphs))), is_all_but=False)

    @classmethod
    def all_but(cls, graphs: Iterable[str]) -> Scope:
        """All graphs but these."""
        return cls(tuple(sorted(set(graphs))), is_all_but=True)

    def __contains__(self, graph: object) -> bool:
        return (graph in self.graphs) != self.is_all_but

    @property
    def is_all(self) -> bool:
        """Whether nothing is hidden."""
        return self.is_all_but and not self.graphs

    @property
    def tag(self) -> str:
        """A short name, different from that of any other scope; "" where nothing is hidden."""
        if self.is_all:
            return ""
        return hashlib.sha256(repr((self.graphs, self.is_all_but)).encode()).hexdigest()[:12]


ALL: Final = Scope()


def granted(private: Collection[str], *grants: Collection[str] | None) -> Scope:
    """What somebody may read to whom these graphs were opened, beside what all may read.

    `private` are the graphs that not everybody may read, or ``all``; a grant of None is of all.

    >>> granted(["x:a", "x:b"], ["x:b"])
    Scope(graphs=('x:a',), is_all_but=True)
    >>> granted(["all"], ["x:b"], ())
    Scope(graphs=('x:b',), is_all_but=False)
    >>> granted(["all"], None).is_all
    True
    """
    opened: set[str] = set()
    for grant in grants:
        if grant is None:
            return ALL
        opened.update(grant)
    if EVERY_GRAPH in private:
        return Scope.only(opened)
    return Scope.all_but(set(private) - opened)
