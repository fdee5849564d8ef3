"""Reading requests: waitress's parser, where it is too patient.

RFC 9112, section 6.1 (https://www.rfc-editor.org/rfc/rfc9112#section-6.1): a request that states
its length and is chunked as well is an attempt to have two servers in a row see different
requests, and so is a chunked one of HTTP/1.0; here they are none.
"""

from __future__ import annotations

from waitress.parser import HTTPRequestParser, ParsingError


class RequestParser(HTTPRequestParser):
    """Reads one request; what cannot be read is answered with 400."""

    def parse_header(self, header_plus: bytes) -> None:
        """Read the first line and the headers.

        Raises:
            ParsingError: they are no request.
        """
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # an address that is none, as http://[::1/
            raise ParsingError(str(error)) from error
        is_coded = self.chunked or "TRANSFER_ENCODING" in self.headers
        if is_coded and (self.version != "1.1" or "CONTENT_LENGTH" in self.headers):
            raise ParsingError("Transfer-Encoding where none may be")
