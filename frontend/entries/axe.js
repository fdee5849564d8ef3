// The accessibility checks of the browser tests; a script, so that a test can add it to a page.
import axe from "axe-core";

window.axe = axe;
