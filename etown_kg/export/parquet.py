"""Apache Parquet, for data frames: statements as rows, and tables with native types.

https://parquet.apache.org/docs/file-format/. Needs pyarrow, which the extra ``parquet`` brings.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any, BinaryIO

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from etown_kg import vocab
from etown_kg.errors import SettingError

if TYPE_CHECKING:
    from etown_kg.export.figures_table import Column

# Rows that are in memory at a time.
ROW_GROUP = 65_536
_STRING = vocab.XSD + "string"
# The most digits that a decimal column holds.
_MOST_DIGITS = 38
_COMPRESSION = "zstd"


def write_statements(quads: Iterable[Quad], out: BinaryIO) -> int:
    """Write quads as they come, a row each; returns how many.

    Columns: ``graph`` (null in the default graph), ``subject``, ``predicate``, ``object``,
    ``object_kind`` (iri, blank or literal), ``datatype`` and ``language`` (null unless the object
    is a literal that has one). IRIs stand bare, blank nodes as ``_:b0``.

    Raises:
        SettingError: a triple term (RDF 1.2).
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    repeated = pa.dictionary(pa.int32(), pa.string())
    schema = pa.schema(
        [
            pa.field("graph", repeated),
            pa.field("subject", pa.string(), nullable=False),
            pa.field("predicate", repeated, nullable=False),
            pa.field("object", pa.string(), nullable=False),
            pa.field("object_kind", repeated, nullable=False),
            pa.field("datatype", repeated),
            pa.field("language", repeated),
        ]
    )
    count = 0
    with pq.ParquetWriter(out, schema, compression=_COMPRESSION) as writer:
        for rows in _batches(map(_row, quads)):
            columns = list(zip(*rows, strict=True))
            arrays = [
                pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))
            count += len(rows)
    return count


def write_table(
    columns: Sequence[Column], records: Sequence[Mapping[str, Any]], out: BinaryIO
) -> int:
    """Write a table of figures; returns how many rows it has.

    Numbers are decimals with as many digits as the longest one needs, so that none is rounded;
    a column whose numbers need more than 38 digits is one of texts.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    arrays, fields = [], []
    for column in columns:
        values = [record[column.name] for record in records]
        if column.kind == "number":
            kind, values = _decimals(values)
        elif column.kind in ("text", "iri"):
            kind, values = pa.string(), [value or None for value in values]
        else:
            kind = {
                "boolean": pa.bool_(), "texts": pa.list_(pa.string()),
                "iris": pa.list_(pa.string()), "integers": pa.list_(pa.int32()),
            }[column.kind]  # fmt: skip
        meaning = {"description": column.titles["en"], "description_zh": column.titles["zh"]}
        fields.append(pa.field(column.name, kind, metadata=meaning))
        arrays.append(pa.array(values, kind))
    table = pa.Table.from_arrays(arrays, schema=pa.schema(fields))
    pq.write_table(table, out, compression=_COMPRESSION)
    return len(records)


def _decimals(values: Sequence[Fraction | None]) -> tuple[Any, list[Any]]:
    """The type of a column of exact numbers, and the values in it."""
    import pyarrow as pa

    exact = [None if value is None else _decimal(value) for value in values]
    known = [value for value in exact if value is not None]
    scale = max((-int(value.as_tuple().exponent) for value in known), default=0)
    scale = max(scale, 0)
    whole = max((value.adjusted() + 1 for value in known if value), default=1)
    precision = max(1, whole, 1) + scale
    if precision > _MOST_DIGITS:
        return pa.string(), [None if value is None else str(value) for value in exact]
    return pa.decimal128(_MOST_DIGITS, scale), exact


def _decimal(value: Fraction) -> Decimal:
    """The number with all its digits: those of the data come from decimals, so they end."""
    power = 0
    while (value * 10**power).denominator != 1:
        power += 1
    return Decimal(f"{value.numerator * 10**power // value.denominator}E-{power}")


def _row(quad: Quad) -> tuple[str | None, ...]:
    name, value = quad.graph_name, quad.object
    graph = None if isinstance(name, DefaultGraph) else _bare(name)
    start = (graph, _bare(quad.subject), quad.predicate.value)
    if isinstance(value, NamedNode):
        return (*start, value.value, "iri", None, None)
    if isinstance(value, BlankNode):
        return (*start, str(value), "blank", None, None)
    if isinstance(value, Triple) or value.direction:
        raise SettingError("format", f"the table cannot hold {value} (RDF 1.2)")
    return (*start, value.value, "literal", value.datatype.value, value.language)


def _bare(term: NamedNode | BlankNode | Literal | Triple) -> str:
    return term.value if isinstance(term, NamedNode) else str(term)


def _batches(rows: Iterator[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == ROW_GROUP:
            yield batch
            batch = []
    if batch:
        yield batch
