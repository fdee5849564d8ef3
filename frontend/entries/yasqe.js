// The SPARQL editor of YASGUI, without the rest of YASGUI (docs/decisions has the reason).
import "@zazuko/yasqe/build/yasqe.min.css";

export { default as Yasqe } from "@zazuko/yasqe";
