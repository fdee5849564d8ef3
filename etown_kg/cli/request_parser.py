"""Reading requests: waitress's parser, where it is too patient, and where it is not patient enough.

RFC 9112, section 6.1 (https://www.rfc-editor.org/rfc/rfc9112#section-6.1): a request that states
its length and is chunked as well is an attempt to have two servers in a row see different
requests, and so is a chunked one of HTTP/1.0; here they are none.

An address has to be in ASCII (RFC 3986, section 2), but ``curl 'http://.../search?q=亦庄'`` sends
it as it was typed: what is valid UTF-8 is taken for what its author should have written.
"""

from __future__ import annotations

from urllib.parse import quote_from_bytes

from waitress.parser import HTTPRequestParser, ParsingError


class RequestParser(HTTPRequestParser):
    """Reads one request; what cannot be read is answered with 400."""

    def parse_header(self, header_plus: bytes) -> None:
        """Read the first line and the headers.

        Raises:
            ParsingError: they are no request.
        """
        try:
            super().parse_header(_in_ascii(header_plus))
        except ValueError as error:  # an address that is none, as http://[::1/
            raise ParsingError(str(error)) from error
        is_coded = self.chunked or "TRANSFER_ENCODING" in self.headers
        if is_coded and (self.version != "1.1" or "CONTENT_LENGTH" in self.headers):
            raise ParsingError("Transfer-Encoding where none may be")


def _in_ascii(header_plus: bytes) -> bytes:
    """The same with the UTF-8 of the first line percent-encoded, if it is that."""
    line, end, rest = header_plus.partition(b"\r\n")
    if line.isascii():
        return header_plus
    try:
        line.decode()
    except UnicodeDecodeError:
        return header_plus  # and so refused
    return quote_from_bytes(line, safe=_ASCII).encode() + end + rest


_ASCII = "".join(map(chr, range(128)))
