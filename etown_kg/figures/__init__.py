"""Figures: numbers that somebody states, as intervals with their place, period and source.

This package knows neither Flask nor SPARQL engines. `reading` turns the solutions of one query
into `Figure`s, `selection` picks some of them and judges them by a threshold, `comparison` lays
those side by side that measure the same, `working` shows how a derived figure follows, `drawing`
and `chart` make pictures of intervals, `table` makes CSV and JSON. A number is an exact fraction
from the graph to the page; it becomes a float only as a place in a picture.
"""
