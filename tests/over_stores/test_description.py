"""See tests/web/test_description.py."""

from tests.web.test_description import *  # noqa: F403

# No function beside the standard's is promised of another store.
del test_an_extension_function_that_is_named_has_values  # noqa: F821
