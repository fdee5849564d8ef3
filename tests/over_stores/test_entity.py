"""See tests/web/test_entity.py."""

from tests.web.test_entity import *  # noqa: F403
