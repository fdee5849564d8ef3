"""Coverage: reported, zero, unknown and not reported are four answers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pyoxigraph import Literal, NamedNode, Quad

from etown_kg.catalogue.coverage import Cell, cells, known_indicators
from etown_kg.figures.reading import QUERY, read_figures
from etown_kg.graph import KnowledgeGraph
from etown_kg.vocab import SERVICE
from tests.catalogue.farm import BASE, farm, write_farm

ID = f"{BASE}id/"
_CELLS = f"""
PREFIX qb: <http://purl.org/linked-data/cube#>
SELECT ?indicator ?place ?period ?status ?stated ?derived
  (GROUP_CONCAT(DISTINCT STR(?article)) AS ?articles) WHERE {{
  GRAPH ?meta {{
    ?dataset <{SERVICE}coverage> ?cell .
    ?cell a qb:ObservationGroup ; <{SERVICE}coverageStatus> ?status ;
      <{SERVICE}statedFigures> ?stated ; <{SERVICE}derivedFigures> ?derived .
    OPTIONAL {{ ?cell schema:variableMeasured ?indicator }}
    OPTIONAL {{ ?cell dcterms:spatial ?place }}
    OPTIONAL {{ ?cell dcterms:temporal ?period }}
    OPTIONAL {{ ?cell dcterms:source ?article }}
  }}
}} GROUP BY ?indicator ?place ?period ?status ?stated ?derived
"""
Row = tuple[str, ...]


def told(graph: KnowledgeGraph) -> set[Row]:
    """The cells that graph/meta has: names without what all begin with."""
    return {
        tuple(
            "" if term is None else term.value.removeprefix(ID).removeprefix(SERVICE)  # type: ignore[union-attr]
            for term in row
        )
        for row in graph.query(_CELLS).rows()
    }


FARM: set[Row] = {
    ("eggs", "yard", "y2030", "reported", "1", "0", "diary"),
    ("eggs", "yard", "y2031", "zero", "1", "0", "diary"),
    # Computed from the two: of no period, from the same source.
    ("eggs", "yard", "", "reported", "0", "1", "diary"),
    ("milk", "yard", "y2030", "unknown", "1", "0", "letter"),
    ("feathers", "", "", "not-reported", "0", "0", ""),
}


def test_each_cell_says_what_is_known_of_it(tmp_path: Path) -> None:
    assert told(farm(tmp_path)) == FARM


@pytest.mark.parametrize(
    ("update", "row"),
    [
        (
            "INSERT DATA { GRAPH <g> { <many2> et:lowerBound 5 ; et:indicator <feathers> } }",
            ("feathers", "", "", "reported", "1", "0", ""),
        ),
        (
            "INSERT DATA { GRAPH <g> { <some> et:lowerBound 5 } }",
            ("milk", "yard", "y2030", "reported", "1", "0", "letter"),
        ),
        (
            "INSERT DATA { GRAPH <g> { <wool> skos:inScheme <indicators> } }",
            ("wool", "", "", "not-reported", "0", "0", ""),
        ),
    ],
)
def test_it_follows_a_change(tmp_path: Path, update: str, row: Row) -> None:
    graph = farm(tmp_path)
    assert row not in told(graph)
    graph.apply(graph.delta(f"BASE <{ID}> {update}"))
    assert row in told(graph)
    (name, *_), status = row, row[3]
    assert (name, "", "", "not-reported", "0", "0", "") not in told(graph) - {row}
    assert status


def test_a_change_of_other_things_asks_for_no_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = farm(tmp_path)
    asked: list[str] = []
    query: Callable[..., object] = graph.query

    def noted(text: str, **how: object) -> object:
        asked.append(text)
        return query(text, **how)

    monkeypatch.setattr(graph, "query", noted)
    hen, label = NamedNode(f"{ID}hen"), NamedNode("http://www.w3.org/2000/01/rdf-schema#label")
    graph.apply(graph.delta(f'INSERT DATA {{ GRAPH <{ID}g> {{ {hen} {label} "Huhn"@de }} }}'))
    assert asked == []
    graph.apply(graph.delta(f"INSERT DATA {{ GRAPH <{ID}g> {{ {hen} et:lowerBound 1 }} }}"))
    assert QUERY in asked


def test_a_query_of_the_ontologys_own_finds_the_figures(tmp_path: Path) -> None:
    """What it looks at is not known, so any change may change the coverage."""
    ontology, data = write_farm(tmp_path, figures=False)
    folder = ontology / "queries" / "pages"
    folder.mkdir(parents=True)
    (folder / "figures.rq").write_text(
        "PREFIX et: <https://w3id.org/etown/ontology#>\n"
        "SELECT ?subject ?property ?value WHERE {\n"
        f"  {{ ?subject <{BASE}ontology#weight> ?value BIND(et:lowerBound AS ?property) }}\n"
        f"  UNION {{ ?subject <{BASE}ontology#weight> ?any BIND(et:indicator AS ?property)\n"
        f"    BIND(<{ID}weight> AS ?value) }}\n}}\n",
        encoding="utf-8",
    )
    graph = KnowledgeGraph.build(ontology=ontology, data=data, base=BASE)
    assert told(graph) == {("weight", "", "", "reported", "1", "0", "")}
    weight, hen = NamedNode(f"{BASE}ontology#weight"), NamedNode(f"{ID}cock")
    quad = Quad(hen, weight, Literal(3), NamedNode(f"{BASE}graph/animals"))
    graph.apply(graph.delta(f"INSERT DATA {{ GRAPH {quad.graph_name} {{ {hen} {weight} 3 }} }}"))
    assert told(graph) == {("weight", "", "", "reported", "2", "0", "")}


def test_a_figure_of_two_places_is_in_two_cells_and_an_unreadable_one_in_none() -> None:
    et = "https://w3id.org/etown/ontology#"
    area = "http://purl.org/linked-data/sdmx/2009/dimension#refArea"

    def row(subject: str, path: str, value: Literal | NamedNode) -> dict[str, NamedNode | Literal]:
        return {
            "subject": NamedNode(subject), "property": NamedNode(path), "value": value,
        }  # fmt: skip

    figures = read_figures(
        [
            row("x:a", et + "lowerBound", Literal(1)),
            row("x:a", et + "indicator", NamedNode("x:i")),
            row("x:a", area, NamedNode("x:p")),
            row("x:a", area, NamedNode("x:q")),
            row("x:b", et + "lowerBound", Literal(2)),
            row("x:b", et + "upperBound", Literal(1)),
            row("x:b", et + "indicator", NamedNode("x:j")),
        ]
    )
    assert cells(figures) == (
        Cell("x:i", "x:p", status="reported", stated=("x:a",)),
        Cell("x:i", "x:q", status="reported", stated=("x:a",)),
    )
    assert [each.iri for each in figures.unreadable] == ["x:b"]


def test_the_shipped_figures_are_covered(shipped_graph: KnowledgeGraph) -> None:
    figures = read_figures(shipped_graph.stated_solutions(QUERY))
    found = cells(figures, known_indicators(shipped_graph.stated_solutions, figures))
    covered = {iri for cell in found for iri in (*cell.stated, *cell.derived)}
    assert covered == {figure.iri for figure in figures}
    assert len(told(shipped_graph)) == len(found) > 30
    assert {cell.status for cell in found} == {"reported", "unknown"}
    assert all(cell.articles for cell in found)
