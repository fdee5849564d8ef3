"""See tests/web/test_graph_store.py."""

from tests.web.test_graph_store import *  # noqa: F403
