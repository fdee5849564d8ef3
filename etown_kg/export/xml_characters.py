"""The characters that XML 1.0 does not have, or does not keep."""

from __future__ import annotations

import re

# https://www.w3.org/TR/xml/#NT-Char; a carriage return would be read as a line feed (2.11).
NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
