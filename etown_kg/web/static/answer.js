// An answer as a chart or as a graph. Both are drawn from what the table says, which stays.

const make = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
};

const colour = (name) => {
  const probe = make("span");
  probe.style.color = `var(--${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
};

/** The rows of the table, each an object by column number; what has no value has null. */
const rowsOf = (table) => [...table.tBodies[0].rows].map((row) =>
  Object.fromEntries([...row.cells].map((cell, place) => {
    const text = cell.textContent.trim();
    const value = cell.className === "number" ? Number(text.replaceAll(",", "")) : text;
    return [`c${place}`, text === "" ? null : value];
  })));

const chosen = (label, name, options) => {
  const select = make("select", { name });
  for (const [value, text] of options) select.append(make("option", { value }, text));
  return make("label", {}, label, select);
};

async function chart(section, panel, library) {
  const { embed, expressionInterpreter } = await import(library);
  const texts = section.dataset;
  const table = section.querySelector("table");
  const columns = [...table.tHead.rows[0].cells].map((cell, place) =>
    ({ field: `c${place}`, name: cell.textContent, isNumber: cell.classList.contains("number") }));
  const numbers = columns.filter((column) => column.isNumber);
  const others = columns.filter((column) => !column.isNumber);
  const listed = (some) => some.map((column) => [column.field, column.name]);
  const choices = make("div", { class: "choices" },
    chosen(texts.x, "x", listed([...others, ...numbers])),
    chosen(texts.y, "y", listed(numbers)),
    chosen(texts.mark, "mark", [["bar", texts.bars], ["line", texts.lines], ["point", texts.points]]));
  const place = make("div", { class: "chart", role: "img", "aria-label": texts.chartHint });
  panel.replaceChildren(choices, place, make("p", { class: "keys" }, texts.chartHint,
    ...(section.dataset.isPart === "true" ? [` ${texts.many}`] : [])));
  const rows = rowsOf(table);
  const draw = () => {
    const value = (name) => choices.querySelector(`[name="${name}"]`).value;
    const [x, y] = ["x", "y"].map((name) => columns.find((column) => column.field === value(name)));
    // A row without a value is no zero: it has no mark.
    const shown = rows.filter((row) => row[x.field] !== null && row[y.field] !== null);
    const axis = { labelColor: colour("ink"), titleColor: colour("quiet"), gridColor: colour("line"), labelFontSize: 12,
      domainColor: colour("line-strong"), tickColor: colour("line-strong") };
    return embed(place, {
      $schema: "https://vega.github.io/schema/vega-lite/v6.json",
      data: { values: shown },
      width: Math.max(240, place.clientWidth - 34), height: x.isNumber ? 340 : 60 + 28 * shown.length,
      autosize: { type: "fit", contains: "padding" },
      background: null,
      mark: { type: value("mark"), color: colour("accent"), tooltip: true },
      // Names stand at the side, where long ones can be read.
      encoding: {
        y: { field: x.field, type: x.isNumber ? "quantitative" : "nominal",
          title: x.isNumber ? x.name : null, sort: null,
          axis: { ...axis, labelLimit: Math.min(320, place.clientWidth / 2.5) } },
        x: { field: y.field, type: "quantitative", title: y.name, axis },
      },
      config: { view: { stroke: null }, font: "system-ui, sans-serif" },
    }, {
      ast: true, expr: expressionInterpreter, actions: false, renderer: "svg", defaultStyle: false,
      tooltip: { disableDefaultStyle: true },
    });
  };
  choices.addEventListener("change", draw);
  await draw();
}

async function network(section, panel, library) {
  const texts = section.dataset;
  const { draw } = await import(texts.drawing);
  const response = await fetch(texts.network, {
    method: "POST",
    body: new URLSearchParams({ query: texts.query, infer: texts.infer }),
  });
  const part = await response.json();
  if (!response.ok) throw new Error(part.detail);
  const canvas = make("div", { class: "canvas", role: "img", "aria-label": texts.networkHint });
  panel.replaceChildren(canvas, make("p", { class: "keys" }, texts.networkHint,
    ...(part.leftOut ? [` ${texts.many}`] : [])));
  const drawing = await draw(canvas, library, part);
  drawing.cy.on("tap", "node", (event) => drawing.choose(event.target));
  drawing.cy.on("tap", (event) => { if (event.target === drawing.cy) drawing.choose(null); });
}

const DRAWERS = { chart, network };

/** Lets the answer that stands in `place` be shown in other ways than as a table. */
export function offerViews(place) {
  const views = place.querySelector(".views");
  if (!views) return;
  const section = views.closest("[data-answer]");
  const drawn = new Set();
  views.hidden = views.children.length < 2;
  views.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-view]");
    if (!button) return;
    const name = button.dataset.view;
    for (const each of views.children) each.setAttribute("aria-pressed", String(each === button));
    for (const each of section.querySelectorAll("[data-panel]")) each.hidden = each.dataset.panel !== name;
    if (!DRAWERS[name] || drawn.has(name)) return;
    drawn.add(name);
    const panel = section.querySelector(`[data-panel="${name}"]`);
    try {
      await DRAWERS[name](section, panel, button.dataset.library);
    } catch (error) {
      drawn.delete(name);
      panel.replaceChildren(make("p", { role: "alert" }, error.message));
    }
  });
}

const onPage = document.getElementById("answer");
if (onPage) offerViews(onPage);
