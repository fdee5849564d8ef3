"""The characters that XML 1.0 does not have, or does not keep."""

from __future__ import annotations

import io
import re
from typing import BinaryIO

from etown_kg.errors import SettingError

# https://www.w3.org/TR/xml/#NT-Char; a carriage return would be read as a line feed (2.11).
NOT_XML = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
# The same in UTF-8, where a carriage return stands as a reference and nothing is a surrogate.
_NOT_XML_BYTES = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]|\xef\xbf[\xbe\xbf]")


class XmlStream(io.RawIOBase):
    """A stream for XML that hands on what is XML, and stops at what is not.

    Serialisers write such characters as they are, and no reader takes the document then.
    """

    def __init__(self, out: BinaryIO, label: str) -> None:
        super().__init__()
        self._out = out
        self._label = label
        self._tail = b""  # a character may come in pieces

    def write(self, chunk: bytes, /) -> int:  # type: ignore[override]  # bytes are all we write
        """Hand on.

        Raises:
            SettingError: a character that XML 1.0 does not have.
        """
        wrong = _NOT_XML_BYTES.search(self._tail + chunk)
        if wrong is not None:
            raise not_in_xml(self._label, f"U+{ord(wrong[0].decode()):04X}, a character in a value")
        self._tail = (self._tail + chunk)[-2:]
        return self._out.write(chunk)


def not_in_xml(label: str, what: str) -> SettingError:
    """What to say of something that a format of XML has no way to write."""
    return SettingError("format", f"{label} cannot hold {what}", hint="choose another format")
