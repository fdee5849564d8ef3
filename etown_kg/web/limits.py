"""How much a request may ask for, in bytes and counts; what is beyond is refused unread."""

from __future__ import annotations

from dataclasses import dataclass

KIB = 1024
MIB = 1024 * KIB


@dataclass(frozen=True)
class RequestLimits:
    """The bounds of one request. `update_data_bytes` is for INSERT DATA and DELETE DATA only.

    A body is bounded unpacked; `ratio` is how many times its size a packed body may grow.
    """

    query_bytes: int = 256 * KIB
    update_bytes: int = 256 * KIB
    update_data_bytes: int = 64 * MIB
    upload_bytes: int = 64 * MIB
    parameters: int = 1_000
    ratio: int = 100

    @property
    def query_body_bytes(self) -> int:
        """The largest body of a query: a form writes one byte as up to three."""
        return 3 * self.query_bytes + 64 * KIB

    @property
    def update_body_bytes(self) -> int:
        """The largest body of an update, bare or as a form."""
        return max(3 * self.update_bytes, self.update_data_bytes) + 64 * KIB

    @property
    def body_bytes(self) -> int:
        """The largest body of all."""
        return max(self.query_body_bytes, self.update_body_bytes, self.upload_bytes)
