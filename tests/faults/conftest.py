"""The server that is treated badly, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.faults.target import target_in


@pytest.fixture(scope="session")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the server; a query may take 2 s and 512 MiB, an upload 1 MiB."""
    with target_in(tmp_path_factory.mktemp("target")) as (address, _):
        yield address
