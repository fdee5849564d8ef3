// A browser that follows a name such as ontology#Zone gets the overview, since the part behind "#"
// is never sent. It goes on to the name's own page. Without JavaScript it stays at the name's line.

const name = decodeURIComponent(location.hash.slice(1));
const place = document.getElementById(name);

if (place?.matches(".tree li")) {
  location.replace(place.querySelector("a").href);
} else if (name && !place) {
  const page = location.pathname.replace(/\/$/, "");
  location.replace(`${page}/${encodeURIComponent(name)}${location.search}`);
}
