"""The shipped graph's closure: `python -m bench.shipped` prints milliseconds as JSON.

Times `materialise` alone, on the quads of ontology/ and data/ as the server closes them: without
the links to other graphs.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from etown_kg.load import read_all, sources
from etown_kg.reason import materialise
from etown_kg.vocab import GRAPH_LINKS

ROOT = Path(__file__).parent.parent
REPEATS = 9


def main() -> int:
    quads = [
        quad
        for quad in read_all(sources(ROOT / "ontology", ROOT / "data"))
        if getattr(quad.graph_name, "value", "") != GRAPH_LINKS
    ]
    close, explain = [], []
    for _ in range(REPEATS):
        start = time.perf_counter()
        closure = materialise(quads)
        close.append((time.perf_counter() - start) * 1000)
    for triple in list(closure.inferred())[::40]:
        start = time.perf_counter()
        closure.explain(triple)
        explain.append((time.perf_counter() - start) * 1000)
    print(
        json.dumps(
            {
                "asserted": closure.asserted_count,
                "inferred": closure.inferred_count,
                "close": close,
                "explain": explain,
            }
        )
    )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
