// The interactive chart of the figures, loaded when somebody asks for it. The page has the same
// intervals without it, so whatever goes wrong here costs nothing but the chart.

const DATA_COLOURS = { ink: "color", accent: "caretColor", mark: "textDecorationColor", paper: "backgroundColor" };
// Room for the labels of the rows and for the margins.
const LABELS_PX = 340;

/** The page's colours for the chart's parameters, from what the chart's element computes to. */
function colours(element) {
  const style = getComputedStyle(element);
  return Object.entries(DATA_COLOURS).map(([name, property]) => [name, style[property]]);
}

/** Keep the chart in the page's colours when the reader changes between light and dark. */
function followTheme(element, view) {
  const follow = () => {
    for (const [name, colour] of colours(element)) view.signal(name, colour);
    view.runAsync();
  };
  new MutationObserver(follow).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", follow);
}

/** Buttons that save the chart as a picture. */
function saving(element, view) {
  const bar = document.createElement("p");
  bar.className = "save";
  bar.setAttribute("role", "group");
  bar.setAttribute("aria-label", element.dataset.menu);
  for (const format of ["svg", "png"]) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = element.dataset[format];
    button.addEventListener("click", async () => {
      const link = document.createElement("a");
      link.href = await view.toImageURL(format, format === "png" ? 2 : 1);
      link.download = `figures.${format}`;
      link.click();
    });
    bar.append(button);
  }
  return bar;
}

async function draw(element, { chart, library }) {
  const [vega, response] = await Promise.all([import(library), fetch(chart)]);
  if (!response.ok) throw new Error(`${chart}: ${response.status}`);
  const spec = await response.json();
  const known = new Map(colours(element));
  for (const parameter of spec.params) parameter.value = known.get(parameter.name) ?? parameter.value;
  spec.config.font = getComputedStyle(element).fontFamily;
  // Vega-Lite panels below each other do not fit themselves to the page.
  for (const panel of spec.vconcat) panel.width = Math.max(220, element.clientWidth - LABELS_PX);
  // One picture with one text; the table above has each mark.
  const picture = document.createElement("div");
  picture.setAttribute("role", "img");
  picture.setAttribute("aria-label", spec.description);
  const place = document.createElement("div");
  place.setAttribute("aria-hidden", "true");
  picture.append(place);
  element.replaceChildren(picture);
  const { view } = await vega.embed(place, spec, {
    // The policy of the pages allows neither eval nor styles in the text.
    ast: true,
    expr: vega.expressionInterpreter,
    defaultStyle: false,
    tooltip: { disableDefaultStyle: true },
    actions: false,
    renderer: "svg",
  });
  element.prepend(saving(element, view));
  followTheme(element, view);
}

for (const controls of document.querySelectorAll("[data-chart]")) {
  const button = controls.querySelector("button");
  const element = document.getElementById(button.getAttribute("aria-controls"));
  let drawn = null;
  controls.hidden = false;
  button.addEventListener("click", async () => {
    element.hidden = !element.hidden;
    button.setAttribute("aria-expanded", String(!element.hidden));
    if (element.hidden) return;
    drawn ??= draw(element, controls.dataset);
    try {
      await drawn;
    } catch (error) {
      drawn = null; // the next click tries again
      element.textContent = `${element.dataset.failed} (${error.message})`;
    }
  });
}
