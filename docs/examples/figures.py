"""Which counts are certainly more than 300? Run: python figures.py [ADDRESS]"""

import sys

from etown_kg.client import Client

graph = Client(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8000/", language="en")
figures = graph.figures(unit="NUM", threshold=300, verdict="certain")
table = figures.to_pandas()
print(table[["id", "indicator", "lower", "lower_inclusive", "upper"]].to_string(index=False))
for figure, interval in zip(figures, figures.intervals, strict=True):
    print(figure["id"], interval, figure["evidence"][0]["phrase"] if figure["evidence"] else "")
