"""See tests/web/test_reconcile.py."""

from tests.web.test_reconcile import *  # noqa: F403
