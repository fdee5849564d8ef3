"""What the pages cost at the server: `python -m bench.pages` prints a table.

Each page of the shipped graph is asked for in this process, in both languages, after it was asked
for once: the processor time of an answer as a browser gets it that knows nothing yet, its size,
and its size packed. Processor time, so that a busy machine does not count.
"""

from __future__ import annotations

import gc
import statistics
import time
import zlib

from etown_kg.backend.local import LocalBackend
from etown_kg.config import Settings
from etown_kg.graph import KnowledgeGraph
from etown_kg.web import create_app

PATHS = (
    "/", "/id/place/beijing-e-town", "/id/obs/F06", "/id/derived/X7",
    "/id/article/2022-10-10-industrial-fleet", "/figures", "/figures?unit=NUM&threshold=300",
    "/figures/industrial-output", "/figures.csv", "/articles", "/ontology", "/search?q=beijing",
    "/query", "/network",
)  # fmt: skip
LANGUAGES = ("en", "zh")
REPEATS = 30


def main() -> int:
    client = create_app(Settings(), LocalBackend(KnowledgeGraph.build())).test_client()
    gc.freeze()  # as the server does
    print("| page | language | median ms | 90 % ms | kB | packed kB |")
    print("|---|---|--:|--:|--:|--:|")
    for path in PATHS:
        for language in LANGUAGES:
            asked = f"{path}{'&' if '?' in path else '?'}lang={language}"
            times = []
            for repeat in range(REPEATS + 1):
                start = time.process_time()
                response = client.get(asked, headers={"Accept": "text/html"})
                if repeat:  # the first one compiles templates and reads labels
                    times.append((time.process_time() - start) * 1000)
            if response.status_code != 200:
                print(f"| `{path}` | {language} | {response.status_code} | | | |")
                continue
            body = response.get_data()
            high = statistics.quantiles(times, n=10)[-1]
            sizes = f"{len(body) / 1000:.0f} | {len(zlib.compress(body)) / 1000:.0f}"
            print(
                f"| `{path}` | {language} | {statistics.median(times):.1f} | {high:.1f} | {sizes} |"
            )
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
