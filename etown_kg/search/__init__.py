"""Finding resources by what people call them, in any language, mistyped or in part.

`Index` is built once for a version of the data, from texts and classes, and searched by any
thread. It knows nothing of where they come from.
"""

from etown_kg.search.hits import Found, Hit, How, Role, Text
from etown_kg.search.index import Index

__all__ = ["Found", "Hit", "How", "Index", "Role", "Text"]
