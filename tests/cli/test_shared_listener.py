"""Connections of one address, spread over processes by how many each has."""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Iterator
from contextlib import suppress

import pytest

from etown_kg.cli import shared_listener
from etown_kg.cli.shared_listener import SharedListener, Tally


@pytest.fixture
def pair() -> Iterator[tuple[Tally, SharedListener, SharedListener]]:
    """Two sides of one listening socket, as two processes have them, and their tally."""
    tally = Tally(3)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        first, second = (SharedListener(listener.dup(), tally, number) for number in (0, 1))
        with first, second:
            yield tally, first, second


def call(listener: socket.socket) -> socket.socket:
    return socket.create_connection(listener.getsockname(), timeout=30)


def take(listener: SharedListener) -> socket.socket:
    """The next connection, however long it is left to another."""
    end = time.monotonic() + 30
    while True:
        with suppress(BlockingIOError):
            return listener.accept()[0]
        assert time.monotonic() < end


def test_who_has_more_leaves_it_to_who_has_fewer(
    pair: tuple[Tally, SharedListener, SharedListener], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_listener, "YIELD_S", 3600.0)  # as if no time went by
    _, first, second = pair
    with call(first), call(first), call(first):
        one = take(first)
        for _ in range(3):
            with pytest.raises(BlockingIOError):
                first.accept()
        two = take(second)
        three = take(second)  # as many as the other: whoever comes first
        with pytest.raises(BlockingIOError):
            second.accept()
        for each in (one, two, three):
            each.close()


def test_what_the_other_does_not_take_is_taken(
    pair: tuple[Tally, SharedListener, SharedListener],
) -> None:
    _, first, _ = pair
    with call(first), call(first), call(first):
        accepted = [take(first), take(first)]
        # It was waited for once, and is no more until it takes one.
        accepted.append(first.accept()[0])
        for each in accepted:
            each.close()


def test_who_has_taken_one_is_waited_for_again(
    pair: tuple[Tally, SharedListener, SharedListener], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, first, second = pair
    with call(first), call(first), call(first), call(first):
        one, two = take(first), take(first)  # the second in vain
        three = take(second)
        three.close()
        monkeypatch.setattr(shared_listener, "YIELD_S", 3600.0)
        with pytest.raises(BlockingIOError):
            first.accept()
        four = take(second)
        for each in (one, two, four):
            each.close()


def test_closed_connections_do_not_count(
    pair: tuple[Tally, SharedListener, SharedListener],
) -> None:
    tally, first, second = pair
    with call(first), call(first):
        one = take(first)
        assert tally.least()[:2] == (0, 1)
        one.close()
        one.close()  # a second time is none
        assert tally.least()[:2] == (0, 0)
        two = take(second)
        assert tally.least()[:2] == (0, 0)
        two.close()


def test_nothing_is_left_to_a_process_that_has_ended(
    pair: tuple[Tally, SharedListener, SharedListener], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_listener, "YIELD_S", 3600.0)
    tally, first, _ = pair
    with call(first), call(first):
        one = take(first)
        tally.leave(1)
        two = first.accept()[0]
        one.close()
        two.close()


def test_a_forked_process_sees_the_same_tally() -> None:
    tally = Tally(2)
    pid = os.fork()
    if pid == 0:
        tally.tell(1, 7, 9)
        os._exit(0)
    assert os.waitpid(pid, 0)[1] == 0
    assert tally.least() == (7, 1, 9)
