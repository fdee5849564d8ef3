"""See tests/web/test_geometry.py."""

from tests.web.test_geometry import *  # noqa: F403
