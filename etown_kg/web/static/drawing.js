// A graph of nodes and edges on a canvas, for the graph view and for answers of queries.
// Colours are those of the page; beside its colour each kind of thing has a shape of its own, and
// what is inferred is dashed, so nothing is told by colour alone.

const SHAPES = ["ellipse", "round-rectangle", "diamond", "hexagon", "triangle", "pentagon", "star",
  "octagon"];
const HUES = [175, 30, 260, 340, 95, 210, 55, 300];
const BUILT_IN = "";

const token = (name) => {
  // The canvas needs a colour that is worked out: light-dark() is not.
  const probe = document.createElement("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
};

const isDark = () => {
  const parts = token("paper").match(/[\d.]+/g).map(Number);
  return parts[0] + parts[1] + parts[2] < 384;
};

/** What stands for each group: a colour and a shape, by the order of the groups. */
export function looks(groups) {
  const dark = isDark();
  return new Map(groups.map((group, place) => [group, {
    colour: group === BUILT_IN ? token("quiet")
      : `hsl(${HUES[place % HUES.length]}, ${dark ? "45%, 62%" : "55%, 36%"})`,
    // One further at each round, so that 64 groups look different.
    shape: SHAPES[(place + Math.floor(place / HUES.length)) % SHAPES.length],
  }]));
}

// Edges beyond which their names are left to those of the chosen node.
const MOST_NAMED = 24;
// Around one thing alone: the room of a line, of a name beside its node, and of the edges.
const LINE = 25;
const ROOM = { wide: { name: 280, reach: 250 }, narrow: { name: 120, reach: 110 } };
const NARROW = 640;

/** `isMany` leaves the names of edges to those of the chosen node. */
const styleOf = (look, isMany, room) => [
  { selector: "node", style: {
    label: "data(label)", "font-size": 12, "font-family": "system-ui, sans-serif",
    "text-wrap": "wrap", "text-max-width": 130, "text-valign": "bottom", "text-margin-y": 4,
    // Chinese has no spaces to break at; English is to break nowhere else.
    "text-overflow-wrap": (node) => (/\s/.test(node.data("label")) ? "whitespace" : "anywhere"),
    color: token("ink"), "text-background-color": token("sheet"), "text-background-opacity": 0.85,
    "text-background-padding": 1,
    width: 20, height: 20,
    "background-color": (node) => look(node.data("group")).colour,
    shape: (node) => look(node.data("group")).shape,
  } },
  { selector: "node.centre", style: { width: 32, height: 32, "font-weight": "bold" } },
  { selector: "edge", style: {
    label: isMany ? "" : "data(label)", "font-size": 10, "text-rotation": "autorotate",
    color: token("quiet"), "text-background-color": token("sheet"),
    "text-background-opacity": 0.85, "text-background-padding": 1,
    width: 1.5, "line-color": token("accent"), "target-arrow-color": token("accent"),
    "target-arrow-shape": "triangle", "arrow-scale": 0.8, "curve-style": "bezier",
    "min-zoomed-font-size": 7,
  } },
  { selector: "node.left, node.right", style: {
    "text-wrap": "ellipsis", "text-max-width": room.name, "text-valign": "center",
    "text-margin-y": 0, width: 14, height: 14,
  } },
  { selector: "node.left", style: { "text-halign": "left", "text-margin-x": -5 } },
  { selector: "node.right", style: { "text-halign": "right", "text-margin-x": 5 } },
  { selector: "edge.quiet", style: { label: "", width: 1, "line-opacity": 0.6, "arrow-scale": 0.7 } },
  { selector: "edge[?inferred]", style: {
    "line-style": "dashed", "line-color": token("inferred"),
    "target-arrow-color": token("inferred"),
  } },
  { selector: ".far", style: { opacity: 0.25 } },
  { selector: "node.chosen", style: { "border-width": 4, "border-color": token("warm") } },
  { selector: "edge.chosen", style: { width: 2.5, "line-opacity": 1, label: "data(label)" } },
];

/** What several statements say of the same two things is one line with all their names. */
const bundled = (edges) => {
  const bundles = new Map();
  for (const edge of edges) {
    const id = `${edge.source} ${edge.target} ${edge.inferred}`;
    const bundle = bundles.get(id) || { ...edge, id, labels: [] };
    bundles.set(id, bundle);
    if (!bundle.labels.includes(edge.label)) bundle.labels.push(edge.label);
  }
  return [...bundles.values()].map(({ labels, ...edge }) => ({
    ...edge,
    label: labels.slice(0, 2).join(" · ") + (labels.length > 2 ? ` +${labels.length - 2}` : ""),
  }));
};

const elementsOf = (part) => [
  ...part.nodes.map((node) => ({ group: "nodes", data: { ...node, id: node.iri } })),
  ...bundled(part.edges).map((edge) => ({ group: "edges", data: edge })),
];

/** Without the nodes that nothing leads to: in a large drawing they only take room. */
const connected = (part) => {
  const ends = new Set(part.edges.flatMap((edge) => [edge.source, edge.target]));
  return { ...part, nodes: part.nodes.filter((node) => ends.has(node.iri)) };
};

/** Draws `part` (/network.json) in an element; gives what the page can do with the drawing. */
export async function draw(element, library, part, { centre = "" } = {}) {
  const { cytoscape } = await import(library);
  // Cytoscape puts a style element into the page unless there is one by this name, and the
  // Content Security Policy forbids style elements; network.css has what it would say.
  const known = "__________cytoscape_stylesheet";
  if (!document.getElementById(known)) {
    const placeholder = document.createElement("meta");
    placeholder.id = known;
    document.head.append(placeholder);
  }
  const groups = [];
  const learn = (more) => more.forEach((node) => {
    if (!groups.includes(node.group)) groups.push(node.group);
  });
  learn(part.nodes);
  let current = looks(groups);
  const look = (group) => current.get(group) || current.values().next().value;
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const isMany = part.nodes.length > 70;
  const room = element.clientWidth < NARROW ? ROOM.narrow : ROOM.wide;
  const cy = cytoscape({
    container: element, elements: elementsOf(isMany ? connected(part) : part),
    style: styleOf(look, isMany, room),
    minZoom: 0.15, maxZoom: 3, autounselectify: true, boxSelectionEnabled: false,
  });
  if (centre) cy.getElementById(centre).addClass("centre");

  /**
   * Stretches the drawing to the sides of its place, and moves its nodes together or apart until
   * it fills the place at a size at which its names can be read.
   */
  const spread = () => {
    const nodes = cy.nodes();
    const box = nodes.boundingBox({ includeLabels: false });
    if (!box.w || !box.h) return;
    const size = Math.max(1, Math.sqrt(nodes.length / 55));
    const across = ((cy.width() - 150) / box.w) * size;
    const along = ((cy.height() - 110) / box.h) * size;
    nodes.positions((node) => ({ x: node.position().x * across, y: node.position().y * along }));
    cy.fit(undefined, 20);
  };
  const arrange = (isFirst = false) => new Promise((done) => {
    const few = cy.nodes().length <= 60;
    const layout = cy.layout({
      name: "cose", animate: false, fit: true, padding: 40, randomize: isFirst,
      nodeRepulsion: () => (few ? 60000 : 30000), idealEdgeLength: () => (few ? 110 : 80),
      nodeOverlap: 20, componentSpacing: 60, nodeDimensionsIncludeLabels: true,
      numIter: few ? 1500 : 600,
    });
    layout.one("layoutstop", () => {
      spread();
      done();
    });
    layout.run();
  });
  const middle = cy.getElementById(centre);
  const isHub = middle.nonempty() && cy.nodes().length > 8 && !isMany
    && cy.nodes().difference(middle).every((node) => node.edgesWith(middle).nonempty());
  if (isHub) putAround(cy, middle, room);
  else await arrange(true);
  const hush = () => {
    cy.edges().toggleClass("quiet", cy.edges().length > MOST_NAMED);
  };
  hush();

  const restyle = () => {
    current = looks(groups);
    cy.style(styleOf(look, isMany, room));
  };
  new MutationObserver(restyle).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", restyle);

  return {
    cy,
    looks: () => current,
    /** Adds what is not there yet; gives how many nodes that are new. */
    async add(more) {
      const before = cy.nodes().length;
      learn(more.nodes);
      current = looks(groups);
      cy.add(elementsOf(more).filter((each) => cy.getElementById(each.data.id).empty()));
      cy.style(styleOf(look, isMany, room));
      if (cy.nodes().length > before) {
        cy.nodes().removeClass("left right");
        await arrange();
      }
      hush();
      return cy.nodes().length - before;
    },
    /** Marks a node and what touches it; with null, nothing. */
    choose(node) {
      cy.elements().removeClass("chosen far");
      if (!node) return;
      const near = node.closedNeighborhood();
      cy.elements().difference(near).addClass("far");
      near.edges().addClass("chosen");
      node.addClass("chosen");
      const box = cy.extent();
      const { x, y } = node.position();
      if (x < box.x1 || x > box.x2 || y < box.y1 || y > box.y2) cy.center(node);
    },
    /** The nearest node from `node` in a direction: "left", "right", "up" or "down". */
    towards(node, direction) {
      const [dx, dy] = { left: [-1, 0], right: [1, 0], up: [0, -1], down: [0, 1] }[direction];
      const from = node.position();
      let best = null;
      let least = Infinity;
      cy.nodes().forEach((other) => {
        if (other.same(node)) return;
        const x = other.position().x - from.x;
        const y = other.position().y - from.y;
        const along = x * dx + y * dy;
        const aside = Math.abs(x * dy) + Math.abs(y * dx);
        const cost = along + 2 * aside;
        if (along > 0 && aside <= 2 * along && cost < least) [best, least] = [other, cost];
      });
      return best;
    },
    zoom(factor) {
      const level = { level: cy.zoom() * factor,
        renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } };
      if (still) cy.zoom(level); else cy.animate({ zoom: level }, { duration: 150 });
    },
    fit() { cy.fit(undefined, 40); },
    png: () => cy.png({ output: "blob", full: true, scale: 2, bg: token("sheet") }),
    svg: () => svgOf(cy),
  };
}

/**
 * Puts what is around one thing on two arcs, each name on its line outside: what it leads to on the
 * right, what leads to it on the left, things of one kind and relation together. A side that is
 * much longer gives of its end to the other; the arrows tell the direction all the same.
 */
function putAround(cy, middle, room) {
  const others = cy.nodes().difference(middle).toArray();
  const relation = (node) => node.edgesWith(middle).map((edge) => edge.data("label")).sort()[0];
  const order = new Map(others.map((node) => [
    node, [node.data("group"), relation(node), node.data("label")].join("\u0000"),
  ]));
  others.sort((a, b) => (order.get(a) < order.get(b) ? -1 : 1));
  const leads = (node) => middle.edgesTo(node).nonempty();
  const right = others.filter(leads);
  const left = others.filter((node) => !leads(node));
  while (left.length > right.length + 1) right.push(left.pop());
  while (right.length > left.length + 1) left.push(right.pop());
  const put = (nodes, side, name) => nodes.forEach((node, place) => {
    const across = nodes.length > 1 ? (2 * place) / (nodes.length - 1) - 1 : 0;
    node.position({
      x: side * room.reach * Math.sqrt(1 - 0.6 * across * across),
      y: (across * LINE * (nodes.length - 1)) / 2,
    });
    node.addClass(name);
  });
  middle.position({ x: 0, y: 0 });
  put(right, 1, "right");
  put(left, -1, "left");
  cy.fit(undefined, 16);
}

/** A drawing of its own kind for each shape, around the middle (x, y) with the size (w, h). */
const outline = (shape, x, y, w, h) => {
  const corners = { diamond: 4, hexagon: 6, triangle: 3, pentagon: 5, octagon: 8 }[shape];
  if (shape === "round-rectangle") return ["rect", { x: x - w / 2, y: y - h / 2, width: w, height: h, rx: 4 }];
  if (!corners && shape !== "star") return ["ellipse", { cx: x, cy: y, rx: w / 2, ry: h / 2 }];
  const count = shape === "star" ? 10 : corners;
  const points = Array.from({ length: count }, (_, place) => {
    const size = shape === "star" && place % 2 ? 0.45 : 1;
    const angle = -Math.PI / 2 + (2 * Math.PI * place) / count;
    return `${(x + (size * w * Math.cos(angle)) / 2).toFixed(1)},${(y + (size * h * Math.sin(angle)) / 2).toFixed(1)}`;
  });
  return ["polygon", { points: points.join(" ") }];
};

/** The drawing as an SVG document: built as elements, so that a label can be no markup. */
function svgOf(cy) {
  const space = "http://www.w3.org/2000/svg";
  const make = (parent, name, attributes, text = "") => {
    const made = document.createElementNS(space, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.textContent = text;
    parent.append(made);
    return made;
  };
  const box = cy.elements().boundingBox({ includeLabels: true });
  const holder = document.createElement("div");
  const root = make(holder, "svg", {
    viewBox: `${box.x1 - 20} ${box.y1 - 20} ${box.w + 40} ${box.h + 40}`,
    width: Math.round(box.w + 40), height: Math.round(box.h + 40),
    "font-family": "system-ui, sans-serif",
  });
  make(root, "rect", { x: box.x1 - 20, y: box.y1 - 20, width: box.w + 40, height: box.h + 40,
    fill: token("sheet") });
  const marks = make(root, "defs", {});
  for (const name of ["accent", "inferred"]) {
    const marker = make(marks, "marker", { id: `arrow-${name}`, viewBox: "0 0 8 8", refX: 7, refY: 4,
      markerWidth: 7, markerHeight: 7, orient: "auto-start-reverse" });
    make(marker, "path", { d: "M0 0L8 4L0 8Z", fill: token(name) });
  }
  cy.edges().forEach((edge) => {
    const [from, to] = [edge.sourceEndpoint(), edge.targetEndpoint()];
    const middle = edge.midpoint();
    const name = edge.data("inferred") ? "inferred" : "accent";
    // A quadratic curve passes its middle when its control point lies as far again beyond it.
    const bend = [2 * middle.x - (from.x + to.x) / 2, 2 * middle.y - (from.y + to.y) / 2];
    make(root, "path", {
      d: `M${from.x} ${from.y}Q${bend[0]} ${bend[1]} ${to.x} ${to.y}`, fill: "none",
      stroke: token(name), "stroke-width": 1.5, "marker-end": `url(#arrow-${name})`,
      ...(edge.data("inferred") ? { "stroke-dasharray": "6 4" } : {}),
    });
    if (edge.hasClass("quiet")) return;
    make(root, "text", { x: middle.x, y: middle.y - 3, "text-anchor": "middle", "font-size": 10,
      fill: token("quiet") }, edge.data("label"));
  });
  cy.nodes().forEach((node) => {
    const { x, y } = node.position();
    const [name, attributes] = outline(node.style("shape"), x, y, node.width(), node.height());
    make(root, name, { ...attributes, fill: node.style("background-color") });
    const beside = node.hasClass("left") ? -1 : node.hasClass("right") ? 1 : 0;
    const at = beside
      ? { x: x + beside * (node.width() / 2 + 5), y: y + 4, "text-anchor": beside < 0 ? "end" : "start" }
      : { x, y: y + node.height() / 2 + 15, "text-anchor": "middle" };
    make(root, "text", { ...at, "font-size": 12, fill: token("ink") }, node.data("label"));
  });
  const text = new XMLSerializer().serializeToString(root);
  return new Blob([`<?xml version="1.0" encoding="UTF-8"?>\n${text}\n`], { type: "image/svg+xml" });
}
