"""See tests/web/test_same_as.py."""

from tests.web.test_same_as import *  # noqa: F403
