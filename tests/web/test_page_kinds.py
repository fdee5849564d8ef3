"""The list of all kinds of pages is whole, and says the truth of each."""

from __future__ import annotations

from flask import Flask
from flask.testing import FlaskClient

from tests.web.page_kinds import addresses

BROWSER = {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}


def test_no_address_of_the_app_is_missing_from_the_list(shipped_app: Flask) -> None:
    rules = {rule.rule for rule in shipped_app.url_map.iter_rules()}
    assert {each.rule for each in addresses()} == rules, "see tests/web/page_kinds.tsv"


def test_each_example_is_what_the_list_says(shipped: FlaskClient, shipped_app: Flask) -> None:
    adapter = shipped_app.url_map.bind("localhost")
    for each in addresses():
        with shipped.get(each.shipped, headers=BROWSER) as response:
            path, _, _ = each.shipped.partition("?")
            if each.rule != "/update":  # takes no GET
                rule, _ = adapter.match(path, return_rule=True)
                assert rule.rule == each.rule, each.shipped
                assert (response.mimetype == "text/html") == (each.what != "data"), each.shipped
            assert response.headers["X-Content-Type-Options"] == "nosniff"
