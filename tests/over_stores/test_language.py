"""See tests/web/test_language.py."""

from tests.web.test_language import *  # noqa: F403
