// Charts from Vega-Lite specifications. The interpreter evaluates Vega's expressions without
// `eval`, which the Content Security Policy forbids: embed(element, spec, { ast: true,
// expr: expressionInterpreter }).
export { default as embed } from "vega-embed";
export { expressionInterpreter } from "vega-interpreter";
