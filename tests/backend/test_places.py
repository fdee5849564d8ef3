"""Who is let in, in what order, and who has to leave."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from etown_kg.backend.limits import Limits
from etown_kg.backend.places import Place, Places
from etown_kg.errors import CancelledError, LimitError

LIMITS = Limits(places=4, reserved_places=1, client_places=2, client_waiting=3)


def take(places: Places, client: str, seconds: float = 30.0) -> Place:
    return places.take(client, time.monotonic() + seconds, seconds, None)


def settle(condition: Callable[[], bool]) -> None:
    """Wait for other threads to come as far as the condition."""
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)


def test_places_are_given_while_there_are_some() -> None:
    places = Places(LIMITS)
    held = [take(places, client) for client in "abcd"]
    assert places.at_work() == 4
    with pytest.raises(LimitError) as raised:
        take(places, "e", seconds=0.05)
    assert raised.value.kind == "time"
    places.leave(held[0])
    assert take(places, "e").admitted.is_set()


def test_one_client_gets_its_share_only() -> None:
    places = Places(LIMITS)
    for _ in range(2):
        take(places, "hog")
    with pytest.raises(LimitError):
        take(places, "hog", seconds=0.05)
    assert take(places, "other").admitted.is_set()


def test_who_is_not_named_is_held_to_no_share() -> None:
    places = Places(LIMITS)
    for _ in range(4):
        take(places, "")
    assert places.at_work() == 4


def test_more_than_so_many_of_one_client_may_not_even_wait() -> None:
    places = Places(LIMITS)
    held = [take(places, "hog") for _ in range(2)]
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(take, places, "hog") for _ in range(3)]
        settle(lambda: len(places._waiting) == 3)
        with pytest.raises(LimitError) as raised:
            take(places, "hog")
        assert raised.value.kind == "busy"
        for place in held:
            places.leave(place)
        settle(lambda: sum(each.done() for each in waiting) == 2)
        for each in waiting:
            if each.done():
                places.leave(each.result())
        assert waiting[-1].result().admitted.is_set()


def test_who_has_the_least_at_work_comes_first() -> None:
    places = Places(Limits(places=2, reserved_places=0, client_places=2))
    first, second = take(places, "hog"), take(places, "hog")
    order: list[str] = []

    def wait(client: str) -> None:
        with take(places, client):
            order.append(client)

    with ThreadPoolExecutor(2) as threads:
        threads.submit(wait, "hog")
        settle(lambda: len(places._waiting) == 1)
        threads.submit(wait, "other")
        settle(lambda: len(places._waiting) == 2)
        places.leave(first)
    places.leave(second)
    assert order == ["other", "hog"]


def test_long_work_leaves_the_reserved_places() -> None:
    places = Places(LIMITS)
    held = [take(places, client) for client in "abcd"]
    assert [place.lengthen() for place in held] == [True, True, True, False]


def test_who_has_long_work_gets_no_reserved_place() -> None:
    places = Places(LIMITS)
    long = take(places, "hog")
    assert long.lengthen()
    held = [take(places, client) for client in "ab"]
    with pytest.raises(LimitError):
        take(places, "hog", seconds=0.05)
    assert take(places, "c").admitted.is_set()
    assert len(held) == 2


def test_a_place_is_wanted_while_somebody_waits() -> None:
    places = Places(LIMITS)
    held = [take(places, client) for client in "abcd"]
    assert not held[0].is_wanted()
    with ThreadPoolExecutor(1) as threads:
        waiting = threads.submit(take, places, "e")
        settle(held[0].is_wanted)
        places.leave(held[0])
        assert waiting.result().admitted.is_set()
    assert not held[1].is_wanted()


def test_waiting_ends_when_the_client_has_left() -> None:
    places = Places(LIMITS)
    held = [take(places, client) for client in "abcd"]
    with pytest.raises(CancelledError):
        places.take("e", time.monotonic() + 30, 30, lambda: True)
    for place in held:
        places.leave(place)
    assert places.at_work() == 0


def test_many_threads_never_hold_more_than_there_are() -> None:
    places = Places(LIMITS)
    most = 0
    lock = threading.Lock()

    def work(n: int) -> None:
        nonlocal most
        for _ in range(50):
            with take(places, f"client {n % 5}"):
                time.sleep(0.0002)  # lets the others in
                with lock:
                    most = max(most, places.at_work())

    with ThreadPoolExecutor(10) as threads:
        list(threads.map(work, range(10)))
    assert 1 < most <= 4
    assert places.at_work() == 0
