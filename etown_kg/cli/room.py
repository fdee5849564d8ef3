"""What waits to be sent, on a disk that may be full.

waitress moves what is longer than a megabyte from memory to a temporary file. Where there is no
room for one it would lose count of what it holds: an answer that is cut and never ends.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from waitress.buffers import OverflowableBuffer

log = logging.getLogger(__name__)


class RoomyBuffer(OverflowableBuffer):
    """Bytes in memory, or in a file if they are many and there is room for one."""

    buf: Any  # None, or waitress's buffer around a file in memory or on disk
    _set_small_buffer: Callable[[], None]  # its stubs know neither

    def _set_large_buffer(self) -> None:
        small = self.buf
        place = 0 if small is None else small.getfile().tell()
        try:
            super()._set_large_buffer()  # type: ignore[misc]  # nor this
        except OSError as error:
            log.warning("an answer is kept in memory: no temporary file: %s", error)
            if small is None:
                self._set_small_buffer()
            else:
                small.getfile().seek(place)
            self.overflowed = True  # what grows on need not be tried to be moved again
