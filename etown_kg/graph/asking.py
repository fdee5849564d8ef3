"""A query on its way to the engine: what its text becomes, and which store it is asked of.

In this order: SERVICE is bent to where it may lead, IRIs of linked graphs become ours, what the
engine would answer wrongly is mended, what is counted quicker here is counted, and joins are put
in their order. Whatever is changed, a complaint speaks of the text that was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache, lru_cache, partial
from typing import Final, NamedTuple

from pyoxigraph import NamedNode, Store

from etown_kg import query_text, vocab
from etown_kg.errors import QueryError
from etown_kg.graph import counts, join_order, zero_length
from etown_kg.graph.answer import Answer
from etown_kg.graph.columns import Columns
from etown_kg.graph.mending import mended, needs_mending
from etown_kg.reason.cardinality import Cardinalities
from etown_kg.same_as import rewrites
from etown_kg.store import Dataset

# Longer queries are read each time.
_REMEMBERED_LENGTH: Final = 4096


class Setting(NamedTuple):
    """What a query is asked with, apart from the data; see `KnowledgeGraph.query`.

    `things_linked` tells what an IRI of a linked graph stands for; None to take all IRIs for
    what they are.
    """

    default_graphs: Sequence[str] = ()
    named_graphs: Sequence[str] = ()
    prefixes: bool = True
    services: Mapping[str, str] | None = None
    base: str | None = None
    things_linked: Callable[[str], Sequence[str]] | None = None


def ask(
    text: str,
    setting: Setting,
    dataset: Dataset,
    graphs: Callable[[], Sequence[str]],
    sizes: Callable[[], Cardinalities] | None,
    columns: Callable[[], Columns | None] | None,
) -> Answer:
    """The answer of a dataset.

    Args:
        graphs: gives the IRIs of the dataset's named graphs, which few queries need.
        sizes: gives the sizes of its relations, as far as they are known.
        columns: gives its default graph as columns, if there are any.

    Raises:
        QueryError: the text does not parse, or asks for something that is not offered.
    """
    base, things_linked = setting.base, setting.things_linked
    if things_linked is not None:
        text = query_text.without_escapes(text)
    given = text
    short = vocab.PREFIXES if setting.prefixes else {}
    edits = query_text.calls(text, short, setting.services)
    if things_linked is not None:
        edits = sorted((*edits, *rewrites(text, short, base, things_linked)))
    text = query_text.edited(text, edits)
    known = query_text.prefixes_in(text, vocab.PREFIXES) if setting.prefixes else None
    # Either list makes the dataset: what is not named in it is not there.
    chosen = bool(setting.default_graphs or setting.named_graphs)
    # Before a text is changed: a complaint has to speak of the text that was given. Once is enough.
    check = cache(partial(_check_syntax, given, base, known))
    try:
        if zero_length.may_have_paths(text):
            whole = zero_length.with_zero_length(text)
            if whole != text:
                check()
            text = whole
        if needs_mending(text):
            check()
            text = mended(text, setting.named_graphs if chosen else graphs())
        store = dataset.store if chosen or query_text.names_graphs(text) else dataset.triples
        if columns is not None and not chosen and counts.may_count(text):
            counted = counts.counted(text, columns(), known or {})
            if counted.is_changed:
                check()
            text = counted.text
            if counted.rows is not None:
                store = Store()
                store.extend(counted.rows)
        if sizes is not None and join_order.may_gain(text):
            ordered = join_order.ordered(text, sizes(), known or {})
            if ordered != text:
                check()
            text = ordered
        result = store.query(
            text,
            base_iri=base,
            prefixes=known,
            default_graph=[NamedNode(iri) for iri in setting.default_graphs] if chosen else None,
            named_graphs=[NamedNode(iri) for iri in setting.named_graphs] if chosen else None,
        )
    except SyntaxError as error:
        raise query_text.error(given, str(error), edits) from error
    except (OSError, RuntimeError) as error:
        raise QueryError(f"cannot be evaluated: {error}") from error
    return Answer(result)


def _check_syntax(text: str, base: str | None, prefixes: Mapping[str, str] | None) -> None:
    """Have the engine read a query, on no data and calling nobody.

    Raises:
        QueryError: it does not parse.
    """
    known = tuple((prefixes or {}).items())
    parses = _parses if len(text) <= _REMEMBERED_LENGTH else _parses.__wrapped__
    if parses(query_text.without_last_comment(text), base, known):
        return
    edits = _nowhere(text, known)
    try:
        Store().query(query_text.edited(text, edits), base_iri=base, prefixes=dict(known))
    except SyntaxError as error:
        raise query_text.error(text, str(error), edits) from error


# The same is asked again and again, of other data or with another comment.
@lru_cache(256)
def _parses(text: str, base: str | None, prefixes: tuple[tuple[str, str], ...]) -> bool:
    try:
        edited = query_text.edited(text, _nowhere(text, prefixes))
        Store().query(edited, base_iri=base, prefixes=dict(prefixes))
    except SyntaxError:
        return False
    except (OSError, RuntimeError):
        return True  # that it cannot be evaluated is found where it is
    return True


def _nowhere(text: str, prefixes: tuple[tuple[str, str], ...]) -> list[query_text.Edit]:
    """What makes it call nobody."""
    services = query_text.services(text, dict(prefixes))
    return [query_text.Edit(each.start, each.end, query_text.NOWHERE) for each in services]
