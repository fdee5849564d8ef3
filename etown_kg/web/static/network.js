// The graph view: draws what the page lists, and what is around each thing that is chosen.

const place = document.querySelector(".network");
const canvas = place.querySelector(".canvas");
const status = place.querySelector(".status");
const chosenLine = place.querySelector(".chosen");
const legend = place.querySelector(".legend");

const get = async (address) => {
  const response = await fetch(address, { headers: { Accept: "application/json" } });
  if (!response.ok) throw new Error(`${address}: ${response.status}`);
  return response.json();
};

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name]);

const save = (blob, suffix) => {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = `${place.dataset.title.replace(/[^\p{L}\p{N}]+/gu, "-")}.${suffix}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
};

const sampleOf = ({ colour, shape }) => {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  for (const [key, value] of Object.entries({ width: 14, height: 14, viewBox: "0 0 14 14" })) {
    svg.setAttribute(key, value);
  }
  svg.setAttribute("aria-hidden", "true");
  const corners = { diamond: 4, hexagon: 6, triangle: 3, pentagon: 5, octagon: 8, star: 10 }[shape];
  const drawn = document.createElementNS(space, corners ? "polygon" : shape === "ellipse" ? "circle" : "rect");
  const attributes = corners
    ? { points: Array.from({ length: corners }, (_, at) => {
      const angle = -Math.PI / 2 + (2 * Math.PI * at) / corners;
      const size = shape === "star" && at % 2 ? 3 : 6.5;
      return `${7 + size * Math.cos(angle)},${7 + size * Math.sin(angle)}`;
    }).join(" ") }
    : shape === "ellipse" ? { cx: 7, cy: 7, r: 6 } : { x: 1, y: 1, width: 12, height: 12, rx: 3 };
  for (const [key, value] of Object.entries({ ...attributes, fill: colour })) drawn.setAttribute(key, value);
  svg.append(drawn);
  return svg;
};

async function begin() {
  const { draw } = await import(place.dataset.drawing);
  const part = await get(place.dataset.source);
  if (!part.nodes.length) return;
  for (const each of place.querySelectorAll("[hidden]:not(.chosen)")) each.hidden = false;
  const drawing = await draw(canvas, place.dataset.library, part, { centre: place.dataset.iri });
  const labels = new Map();
  let chosen = null;

  const explain = (groups) => {
    for (const group of groups) if (group.label) labels.set(group.iri, group.label);
    for (const old of legend.querySelectorAll("[data-group]")) old.remove();
    for (const [group, look] of drawing.looks()) {
      if (!labels.has(group)) continue;
      const line = document.createElement("li");
      line.dataset.group = group;
      line.append(sampleOf(look), labels.get(group));
      legend.append(line);
    }
  };
  explain(part.groups);

  const choose = (node) => {
    chosen = node && node.nonempty() ? node : null;
    drawing.choose(chosen);
    chosenLine.hidden = !chosen;
    status.textContent = "";
    if (!chosen) return;
    status.textContent = fill(place.dataset.selected,
      { name: chosen.data("label"), count: chosen.connectedEdges().length });
    const link = chosenLine.querySelector("[data-page]");
    link.hidden = !chosen.data("page");
    link.href = chosen.data("page") || "#";
  };

  const expand = async () => {
    if (!chosen) return;
    const address = new URL(place.dataset.more, location.href);
    address.searchParams.set("iri", chosen.id());
    if (place.dataset.infer === "false") address.searchParams.set("infer", "false");
    try {
      const more = await get(address);
      const count = await drawing.add(more);
      explain(more.groups);
      const name = chosen.data("label");
      choose(chosen);
      status.textContent = fill(place.dataset.expanded, { name, count });
    } catch (error) {
      status.textContent = error.message;
    }
  };

  const actions = {
    in: () => drawing.zoom(1.3), out: () => drawing.zoom(1 / 1.3), fit: () => drawing.fit(),
    png: async () => save(await drawing.png(), "png"), svg: () => save(drawing.svg(), "svg"),
    expand,
  };
  for (const button of place.querySelectorAll("[data-do]")) {
    button.addEventListener("click", () => actions[button.dataset.do]());
  }

  const keys = {
    "+": actions.in, "=": actions.in, "-": actions.out, 0: actions.fit, Enter: expand,
    Escape: () => choose(null),
    o: () => { if (chosen?.data("page")) location.href = chosen.data("page"); },
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = /^Arrow(Left|Right|Up|Down)$/.exec(event.key);
    if (arrow) {
      const from = chosen || drawing.cy.nodes(".centre").first();
      const start = from.nonempty() ? from : drawing.cy.nodes().first();
      choose(chosen ? drawing.towards(start, arrow[1].toLowerCase()) || start : start);
    } else {
      const action = keys[event.key] || keys[event.key.toLowerCase()];
      if (!action) return;
      action();
    }
    event.preventDefault();
  });
  drawing.cy.on("tap", "node", (event) => choose(event.target));
  drawing.cy.on("dbltap", "node", (event) => { choose(event.target); expand(); });
  drawing.cy.on("tap", (event) => { if (event.target === drawing.cy) choose(null); });

  // The list is the other way to the same: what is looked at there is marked here.
  for (const link of document.querySelectorAll("[data-node]")) {
    const show = () => choose(drawing.cy.getElementById(link.dataset.node));
    link.addEventListener("focus", show);
    link.addEventListener("mouseenter", show);
  }
}

begin().catch((error) => { status.textContent = error.message; });
