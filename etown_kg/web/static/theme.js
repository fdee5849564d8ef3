// Light or dark: the reader's choice before the system's. Loaded in the head and not deferred, so
// that no page shows in the wrong colours first. Without JavaScript the system's choice stands.
(() => {
  "use strict";
  const KEY = "theme";
  const root = document.documentElement;
  const system = matchMedia("(prefers-color-scheme: dark)");

  const stored = () => {
    try {
      return localStorage.getItem(KEY);
    } catch {
      return null; // storage is forbidden: the choice lasts for this page
    }
  };
  const store = (theme) => {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // as above
    }
  };
  const shown = () => root.dataset.theme || (system.matches ? "dark" : "light");

  const chosen = stored();
  if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;

  document.addEventListener("DOMContentLoaded", () => {
    for (const button of document.querySelectorAll("[data-theme-switch]")) {
      const tell = () => button.setAttribute("aria-pressed", String(shown() === "dark"));
      button.hidden = false;
      tell();
      button.addEventListener("click", () => {
        root.dataset.theme = shown() === "dark" ? "light" : "dark";
        store(root.dataset.theme);
        tell();
      });
      system.addEventListener("change", tell);
    }
  });
})();
