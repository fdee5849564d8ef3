"""Whether a long update is data alone, told in a time in proportion to its length.

Such an update may have many megabytes, and it is looked at in the process that serves everybody:
no expression here looks for the end of something in all of the text and then begins again from
the next character, none keeps a state for each turn of a group, and the interpreter's lock is
given back every few kilobytes.
"""

from __future__ import annotations

import re

# What holds no keyword and no string: IRIs, variables, tags, names with a prefix, numbers, marks.
_PASSED = re.compile(
    r"""
    (?: <[^<>"{}|^`\\\x00-\x20]*>
      | [?$@]\w+
      | (?:[^\W\d][\w.-]*)?:[^\s<>"'{}()\[\],;|^\\]*
      | \d+(?:[eE][+-]?\d+)?
      | [^\w"'<\#@:?$]+
    ){1,500}
    """,
    re.VERBOSE,
)
_WORDS = re.compile(r"[^\W\d][\w.-]*")
_WORD = re.compile(r"\w+")
_LINE_END = re.compile(r"[\r\n]")
# What ends a string, or takes the next character into it.
_IN_SHORT = {quote: re.compile(rf"[{quote}\\\r\n]") for quote in "\"'"}
_IN_LONG = {quote: re.compile(rf"{quote * 3}|\\") for quote in "\"'"}
_OF_DATA = frozenset(
    ("BASE", "PREFIX", "VERSION", "INSERT", "DELETE", "DATA", "GRAPH", "A", "TRUE", "FALSE")
)


def is_data_only(update: str) -> bool:
    """Whether an update is made of INSERT DATA and DELETE DATA alone.

    >>> is_data_only("INSERT DATA { <a:a> <a:b> 'WHERE' }"), is_data_only("DELETE WHERE { }")
    (True, False)
    """
    place, end = 0, len(update)
    while place < end:
        passed = _PASSED.match(update, place)
        if passed is not None:
            place = passed.end()
            continue
        first = update[place]
        if first in _IN_SHORT:
            place = _string_end(update, place)
        elif first == "#":
            comment = _LINE_END.search(update, place)
            place = comment.end() if comment is not None else end
        elif (words := _WORDS.match(update, place)) is not None:
            if any(word.upper() not in _OF_DATA for word in _WORD.findall(words[0])):
                return False
            place = words.end()
        else:
            place += 1
    return True


def _string_end(text: str, start: int) -> int:
    """Where the string ends that begins at `start`: at a line's end if it is short and open."""
    quote = text[start]
    is_long = text.startswith(quote * 3, start)
    sign = (_IN_LONG if is_long else _IN_SHORT)[quote]
    place = start + (3 if is_long else 1)
    while (found := sign.search(text, place)) is not None:
        if found[0] != "\\":
            return found.end()
        place = found.end() + 1  # whatever is escaped
    return len(text)
