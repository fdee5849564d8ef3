"""Jelly: a binary stream of statements, small and quick to read (https://w3id.org/jelly/dev/)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from pyjelly import jelly
from pyjelly.integrations.generic import generic_sink as generic
from pyjelly.integrations.generic.serialize import GenericSinkTermEncoder, quads_stream_frames
from pyjelly.options import LookupPreset, StreamParameters
from pyjelly.serialize.ioutils import write_delimited
from pyjelly.serialize.streams import QuadStream, SerializerOptions
from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from etown_kg import vocab
from etown_kg.errors import SettingError

Term = NamedNode | BlankNode | Literal | Triple
_STRING = vocab.XSD + "string"


def write_jelly(quads: Iterable[Quad], out: BinaryIO) -> int:
    """Write quads as they come, in frames of some hundred; returns how many.

    Raises:
        SettingError: a triple term or a text with a direction (RDF 1.2).
    """
    preset = LookupPreset()
    options = SerializerOptions(
        logical_type=jelly.LOGICAL_STREAM_TYPE_FLAT_QUADS,
        params=StreamParameters(),
        lookup_preset=preset,
    )
    stream = QuadStream(encoder=GenericSinkTermEncoder(lookup_preset=preset), options=options)
    count = 0

    def counted() -> Iterator[generic.Quad]:
        nonlocal count
        for quad in quads:
            count += 1
            name = quad.graph_name
            yield generic.Quad(
                _term(quad.subject),
                _term(quad.predicate),
                _term(quad.object),
                generic.DefaultGraph if isinstance(name, DefaultGraph) else _term(name),
            )

    for frame in quads_stream_frames(stream, counted()):
        write_delimited(frame, out)
    return count


def _term(term: Term) -> generic.Node:
    if isinstance(term, NamedNode):
        return generic.IRI(term.value)
    if isinstance(term, BlankNode):
        return generic.BlankNode(term.value)
    if isinstance(term, Triple) or term.direction:
        raise SettingError("format", f"Jelly cannot hold {term} (RDF 1.2)")
    if term.language:
        return generic.Literal(term.value, langtag=term.language)
    datatype = term.datatype.value
    return generic.Literal(term.value, datatype=None if datatype == _STRING else datatype)
