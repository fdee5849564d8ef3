"""Ranges of bytes: which part of a file a request gets (RFC 9110, section 14)."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etown_kg.web.protocol import RequestError
from etown_kg.web.ranges import ByteRange, Part, requested_range

WHOLE = None


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, WHOLE),
        ("", WHOLE),
        ("bytes=0-", (0, 10)),
        ("bytes=0-0", (0, 1)),
        ("bytes=3-5", (3, 6)),
        ("Bytes = 3-5", (3, 6)),
        ("bytes=9-", (9, 10)),
        ("bytes=5-99999999999999999999", (5, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=5-3", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=0-1,5-6", WHOLE),
        ("lines=0-1", WHOLE),
        ("bytes=a-b", WHOLE),
        ("0-1", WHOLE),
    ],
)
def test_a_range_is_read(header: str | None, part: tuple[int, int] | None) -> None:
    expected = None if part is None else ByteRange(*part)
    assert requested_range(header, None, "tag", 10) == expected


@pytest.mark.parametrize("header", ["bytes=10-", "bytes=10-12", "bytes=-0", "bytes=99-100"])
def test_what_is_not_there_is_not_satisfiable(header: str) -> None:
    with pytest.raises(RequestError) as caught:
        requested_range(header, None, "tag", 10)
    assert caught.value.status == 416
    assert caught.value.headers == {"Content-Range": "bytes */10"}


@pytest.mark.parametrize(
    ("if_range", "is_part"),
    [
        ('"tag"', True),
        (' "tag" ', True),
        ('W/"tag"', False),
        ('"other"', False),
        ("tag", False),
        ("Sun, 22 Nov 2026 06:00:00 GMT", False),
        ("", False),
    ],
)
def test_another_file_by_now_is_sent_whole(if_range: str, is_part: bool) -> None:
    assert (requested_range("bytes=3-5", if_range, "tag", 10) is not None) == is_part


@given(content=st.binary(max_size=40), data=st.data())
def test_a_part_is_a_stream_of_its_own(content: bytes, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(content)))
    stop = data.draw(st.integers(start, len(content)))
    part = Part(io.BytesIO(content), ByteRange(start, stop))
    assert part.tell() == 0
    assert part.seek(0, io.SEEK_END) == stop - start
    assert part.seek(0) == 0
    pieces = []
    while piece := part.read(data.draw(st.integers(1, 7))):
        pieces.append(piece)
    assert b"".join(pieces) == content[start:stop]
    part.seek(0)
    assert part.read() == content[start:stop]


def test_closing_a_part_closes_the_file() -> None:
    file = io.BytesIO(b"abc")
    Part(file, ByteRange(0, 2)).close()
    assert file.closed
