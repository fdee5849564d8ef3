// Drawings of graphs.
export { default as cytoscape } from "cytoscape";
