"""A knowledge graph of Beijing E-Town, and the tools to build, question and serve it."""

__version__ = "0.1.0"
