// Suggestions below every search field while a reader types: the combobox of the ARIA Authoring
// Practices with a listbox (https://www.w3.org/WAI/ARIA/apg/patterns/combobox/). The form works
// without: Enter on what was typed sends it, suggestions lead straight to a page.

const WAIT_MS = 120;
const MOST = 8;
let fields = 0;

class Suggestions {
  #field;
  #list;
  #status;
  #asking = null; // the request that is under way
  #timer = 0;
  #chosen = -1;

  constructor(field) {
    this.#field = field;
    const id = `suggestions-${fields++}`;
    this.#list = document.createElement("ul");
    this.#list.id = id;
    this.#list.className = "suggestions";
    this.#list.setAttribute("role", "listbox");
    this.#list.setAttribute("aria-label", field.dataset.suggestionsLabel);
    this.#list.hidden = true;
    this.#status = document.createElement("span");
    this.#status.className = "unseen";
    this.#status.setAttribute("role", "status");
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", id);
    field.form.classList.add("suggesting");
    field.after(this.#list, this.#status);
    field.addEventListener("input", () => this.#later());
    field.addEventListener("keydown", (event) => this.#press(event));
    field.addEventListener("blur", () => this.#close());
    // The field keeps the focus, so that a click is not taken for leaving it.
    this.#list.addEventListener("mousedown", (event) => event.preventDefault());
    this.#list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) this.#go(option);
    });
  }

  #later() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    const typed = this.#field.value.trim();
    if (!typed) {
      this.#close();
      return;
    }
    this.#timer = setTimeout(() => this.#ask(typed), WAIT_MS);
  }

  async #ask(typed) {
    const asking = new AbortController();
    this.#asking = asking;
    const url = new URL(this.#field.dataset.suggestions, location.href);
    url.searchParams.set("q", typed);
    url.searchParams.set("names", "true");
    url.searchParams.set("size", MOST);
    try {
      const response = await fetch(url, { signal: asking.signal });
      if (!response.ok) throw new Error(`${response.status}`);
      const found = await response.json();
      if (!asking.signal.aborted && document.activeElement === this.#field) {
        this.#show(typed, found);
      }
    } catch {
      // Aborted by the next letter, or nobody answers: the form itself still works.
      if (!asking.signal.aborted) this.#close();
    }
  }

  #show(typed, found) {
    const options = found.results
      .filter((result) => result.page)
      .map((result) => this.#option(result.page, result.label, note(result, typed)));
    const count = options.length;
    if (found.total > count) {
      const all = this.#field.dataset.suggestionsAll.replace("{query}", () => typed);
      options.push(this.#option("", all, ""));
    }
    this.#list.replaceChildren(...options);
    this.#chosen = -1;
    this.#field.removeAttribute("aria-activedescendant");
    this.#status.textContent = count
      ? this.#field.dataset.suggestionsCount.replace("{count}", String(count))
      : this.#field.dataset.suggestionsNone;
    this.#open(options.length > 0);
  }

  #option(page, label, more) {
    const option = document.createElement("li");
    option.id = `${this.#list.id}-${label}-${page}`.replace(/[^\w-]/g, "_");
    option.setAttribute("role", "option");
    option.setAttribute("aria-selected", "false");
    option.dataset.page = page;
    option.append(label);
    if (more) {
      const also = document.createElement("span");
      also.className = "also";
      also.textContent = more;
      option.append(" ", also);
    }
    return option;
  }

  #press(event) {
    const options = [...this.#list.children];
    const isOpen = !this.#list.hidden;
    switch (event.key) {
      case "ArrowDown":
      case "ArrowUp":
        if (!isOpen && options.length) this.#open(true);
        else if (isOpen) this.#choose(options, event.key === "ArrowDown" ? 1 : -1);
        else this.#later();
        event.preventDefault();
        break;
      case "Enter":
        if (isOpen && this.#chosen >= 0) {
          event.preventDefault();
          this.#go(options[this.#chosen]);
        }
        break;
      case "Escape":
        // The first closes the list, the next one empties the field as browsers do.
        if (isOpen) {
          event.preventDefault();
          this.#close();
        }
        break;
      default:
    }
  }

  // The place behind the last option is the field itself.
  #choose(options, step) {
    const places = options.length + 1;
    const next = (this.#chosen + 1 + step + places) % places;
    options.forEach((option, place) => {
      option.setAttribute("aria-selected", String(place === next - 1));
    });
    this.#chosen = next - 1;
    const option = options[this.#chosen];
    if (option) {
      this.#field.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else {
      this.#field.removeAttribute("aria-activedescendant");
    }
  }

  #go(option) {
    if (option.dataset.page) location.assign(option.dataset.page);
    else this.#field.form.requestSubmit();
  }

  #open(isOpen) {
    this.#list.hidden = !isOpen;
    this.#field.setAttribute("aria-expanded", String(isOpen));
  }

  #close() {
    clearTimeout(this.#timer);
    this.#asking?.abort();
    this.#chosen = -1;
    this.#field.removeAttribute("aria-activedescendant");
    this.#open(false);
  }
}

// What tells a result from others of the same name: what matched, else the most special kind.
function note(result, typed) {
  const { role, text } = result.match;
  if (text && role !== "address" && text !== result.label) return text;
  if (role === "address" && !result.label.toLowerCase().includes(typed.toLowerCase())) return result.iri;
  return result.classes.length ? result.classes[0].label : "";
}

for (const field of document.querySelectorAll("input[data-suggestions]")) {
  new Suggestions(field);
}
