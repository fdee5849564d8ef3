// The query page with JavaScript: YASQE in the place of the text area, and answers without leaving
// the page. Without it the form does the same.

const form = document.querySelector("[data-desk]");
const texts = form.dataset;
const area = form.querySelector("textarea");
const answer = document.getElementById("answer");
const stop = form.querySelector("[data-stop]");
const { offerViews } = await import(texts.answer);
const LONGEST_ADDRESS = 6000;

let editor = null;
let running = null;
let failing = null;

const text = () => (editor ? editor.getValue() : area.value);

// Running

/** Asks for the page of the query and takes the answer out of it, so that both are made once. */
async function run({ remember = true } = {}) {
  if (running) running.abort();
  const mine = new AbortController();
  running = mine;
  const values = new URLSearchParams();
  values.set("query", text());
  if (form.elements.infer.checked) values.set("infer", "false");
  if (form.elements.lang) values.set("lang", form.elements.lang.value);
  const address = new URL(form.action);
  address.search = values;
  const isShort = address.href.length <= LONGEST_ADDRESS;
  answer.classList.add("waiting");
  answer.setAttribute("aria-busy", "true");
  stop.hidden = false;
  mark(null);
  try {
    const response = await fetch(isShort ? address : form.action, {
      headers: { Accept: "text/html" }, signal: mine.signal,
      ...(isShort ? {} : { method: "POST", body: values }),
    });
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const found = page.getElementById("answer");
    // A page without an answer says what is wrong: too many requests, a query too long.
    answer.replaceChildren(...(found ? found.childNodes : page.querySelectorAll("main > *")));
    if (isShort && remember) history.pushState({ query: text() }, "", address);
    permanent(isShort ? address.href : "");
    offerViews(answer);
    mark(answer.querySelector("[data-line]"));
  } catch (error) {
    if (error.name === "AbortError") return;
    const said = document.createElement("p");
    said.setAttribute("role", "alert");
    said.textContent = texts.offline;
    answer.replaceChildren(said);
  } finally {
    if (running === mine) {
      running = null;
      stop.hidden = true;
      answer.classList.remove("waiting");
      answer.removeAttribute("aria-busy");
    }
  }
}

/** Marks the line of the editor that a problem names; with null, none. */
function mark(problem) {
  if (!editor) return;
  if (failing !== null) editor.removeLineClass(failing, "background", "failing-line");
  failing = null;
  if (!problem || !problem.dataset.line) return;
  const line = Math.min(Number(problem.dataset.line), editor.lineCount()) - 1;
  failing = editor.addLineClass(line, "background", "failing-line");
  editor.setCursor(line, Number(problem.dataset.column) - 1);
}

/** Shows the link to the query on the page; "" when it is too long for one. */
function permanent(address) {
  let link = form.querySelector("[data-permanent]");
  if (!link) {
    link = document.createElement("a");
    link.className = "permanent";
    link.dataset.permanent = "";
    form.querySelector(".controls").append(link);
  }
  if (address) link.href = address; else link.removeAttribute("href");
  link.textContent = address ? texts.permanent : texts.tooLong;
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  run();
});
stop.addEventListener("click", () => running?.abort());
form.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-permanent][href]");
  if (!link || !navigator.clipboard) return;
  event.preventDefault();
  await navigator.clipboard.writeText(link.href);
  link.textContent = texts.copied;
  setTimeout(() => { link.textContent = texts.permanent; }, 2000);
});
addEventListener("popstate", () => location.reload());
// The links that YASGUI makes carry the query behind the hash.
const shared = new URLSearchParams(location.hash.slice(1)).get("query");
if (shared !== null) area.value = shared;

// The editor

const MOST_HINTS = 60;
const PREFIX_LINE = /^\s*PREFIX\b/i;
const MODE = "sparql-with-known-prefixes";

/** The names that have what was typed in their short name, IRI or label; the likeliest first. */
function matching(names, typed) {
  const wanted = typed.replace(/^</, "").toLowerCase();
  const rank = (name) => {
    const local = name.name.slice(name.name.indexOf(":") + 1).toLowerCase();
    if (name.name.toLowerCase().startsWith(wanted) || name.iri.toLowerCase().startsWith(wanted)) return 0;
    if (local.startsWith(wanted) || name.label.toLowerCase().startsWith(wanted)) return 1;
    return name.label.toLowerCase().includes(wanted) || local.includes(wanted) ? 2 : 3;
  };
  return names.map((name) => [rank(name), name]).filter(([place]) => place < 3)
    .sort((a, b) => a[0] - b[0] || b[1].count - a[1].count)
    .slice(0, MOST_HINTS).map(([, name]) => name);
}

function rendered(element, name) {
  const part = (kind, content) => {
    const span = document.createElement("span");
    span.className = `hint-${kind}`;
    span.textContent = content;
    element.append(span);
  };
  part("name", name.name);
  if (name.label && name.label !== name.name) part("label", name.label);
  part("count", name.count.toLocaleString(document.documentElement.lang));
}

/** A completer of YASQE for names of the graph; it declares the prefix of what is picked. */
function completer(Yasqe, kind, base, names, prefixes) {
  const byName = new Map(names.map((name) => [name.name, name]));
  Yasqe.registerAutocompleter({
    name: kind,
    bulk: false,
    autoShow: true,
    isValidCompletionPosition: (yasqe) => {
      const token = yasqe.getCompleteToken();
      if (PREFIX_LINE.test(yasqe.getLine(yasqe.getCursor().line))) return false;
      return !/^[?$"']/.test(token.string) && base.isValidCompletionPosition(yasqe);
    },
    get: (_, token) => matching(names, token?.string.trim() || "").map((name) => name.name),
    postprocessHints: (yasqe, hints) => hints.map((hint) => {
      const name = byName.get(hint.text);
      return {
        ...hint,
        render: (element) => rendered(element, name),
        hint: (_, data, picked) => {
          yasqe.replaceRange(picked.text, picked.from || data.from, picked.to || data.to, "complete");
          const prefix = picked.text.slice(0, picked.text.indexOf(":"));
          // Known here, but the query may be taken elsewhere.
          const declared = new RegExp(`^\\s*PREFIX\\s+${prefix}:`, "im");
          if (!picked.text.startsWith("<") && !declared.test(yasqe.getValue())) {
            yasqe.replaceRange(`PREFIX ${prefix}: <${prefixes[prefix]}>\n`, { line: 0, ch: 0 });
          }
        },
      };
    }),
  }, false);
}

/** The editor's grammar, with the prefixes that need no declaration here. */
function defineMode(Yasqe, prefixes) {
  Yasqe.defineMode(MODE, (config) => {
    const base = Yasqe.getMode(config, "sparql11");
    const startState = () => ({ ...base.startState(), prefixes: { ...prefixes } });
    return { ...base, startState };
  });
}

/** Says what is wrong at a sign in the margin as its title: YASQE's own would be inline style. */
function explainSigns(yasqe) {
  yasqe.eachLine((line) => {
    const sign = line.gutterMarkers?.gutterErrorBar;
    if (!sign || sign.title) return;
    const { state } = yasqe.getTokenAt({ line: line.lineNo(), ch: line.text.length }, true);
    const mine = sign.cloneNode(true); // without what listens to it
    mine.title = state.errorMsg || state.possibleCurrent.join("  ");
    yasqe.setGutterMarker(line, "gutterErrorBar", mine);
  });
}

/** What the editor completes; nothing where the server cannot count it in time. */
async function knownNames() {
  const response = await fetch(texts.terms);
  return response.ok ? response.json() : { prefixes: {}, classes: [], properties: [] };
}

async function openEditor() {
  const style = document.createElement("link");
  style.rel = "stylesheet";
  style.href = texts.editorStyle;
  // Before our own sheet, which has the last word on colours.
  document.querySelector('link[rel="stylesheet"]').before(style);
  const [{ Yasqe }, known] = await Promise.all([
    import(texts.editor), knownNames(),
  ]);
  defineMode(Yasqe, known.prefixes);
  const completers = Yasqe.Autocompleters;
  completer(Yasqe, "graph-classes", completers.class, known.classes, known.prefixes);
  completer(Yasqe, "graph-properties", completers.property, known.properties, known.prefixes);
  Yasqe.forkAutocompleter("prefixes", {
    name: "graph-prefixes",
    persistenceId: null,
    get: () => Object.entries(known.prefixes).map(([prefix, iri]) => `${prefix}: <${iri}>`).sort(),
  }, false);
  const holder = document.createElement("div");
  area.before(holder);
  editor = new Yasqe(holder, {
    value: area.value, mode: MODE,
    autocompleters: ["graph-prefixes", "graph-classes", "graph-properties", "variables"],
    persistenceId: null, consumeShareLink: null, createShareableLink: null,
    showQueryButton: false, resizeable: false, editorHeight: "auto", viewportMargin: Infinity,
    screenReaderLabel: "SPARQL",
    extraKeys: {
      ...Yasqe.defaults.extraKeys,
      "Ctrl-Enter": () => { run(); }, "Cmd-Enter": () => { run(); }, "Ctrl-S": false,
      // Tab goes on to the next control, as everywhere else.
      Tab: false, "Shift-Tab": false,
    },
  });
  explainSigns(editor);
  editor.on("changes", () => explainSigns(editor));
  area.hidden = true;
  area.name = "";
  form.querySelector("label[for=query]").addEventListener("click", () => editor.focus());
  form.querySelector("[data-keys]").hidden = false;
  mark(answer.querySelector("[data-line]"));
}

if (texts.editor) await openEditor();
if (shared !== null) run({ remember: false });
