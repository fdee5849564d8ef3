"""Answers that are kept by their key while the data stay as they are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

Answer = TypeVar("Answer")

# Keys of one version; beyond it all are asked for anew.
MOST_KEPT = 50_000
# The present version, as readers with different rights see it.
MOST_VERSIONS = 4


class Kept(Generic[Answer]):
    """The answers by version of the data and by key; safe for many threads.

    Who may read less has data of another version, so nobody gets another's answers.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._versions: dict[str, dict[str, Answer]] = {}

    def of(
        self,
        keys: Iterable[str],
        version: Callable[[], str],
        ask: Callable[[set[str]], Mapping[str, Answer]],
    ) -> dict[str, Answer]:
        """The answers for these keys; asks for those that are not known of the present version."""
        wanted = set(keys)
        present = version()
        with self._lock:
            kept = self._versions.get(present, {})
            known = {key: kept[key] for key in wanted if key in kept}
        missing = wanted - known.keys()
        if not missing:
            return known
        fresh = ask(missing)
        if version() == present:  # else the answers may be of the version in between
            with self._lock:
                kept = self._versions.pop(present, {})
                if len(kept) + len(fresh) > MOST_KEPT:
                    kept = {}
                kept.update(fresh)
                self._versions[present] = kept
                while len(self._versions) > MOST_VERSIONS:
                    del self._versions[next(iter(self._versions))]
        return known | dict(fresh)
