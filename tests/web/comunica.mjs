// Asks an endpoint through Comunica and prints what came back, as JSON.
// node comunica.mjs FOLDER_OF_NODE_MODULES ENDPOINT SOURCE_TYPE
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , folder, endpoint, type] = process.argv;
const require = createRequire(`${folder}/`);
const { QueryEngine } = await import(pathToFileURL(require.resolve('@comunica/query-sparql')));
const engine = new QueryEngine();
const source = type === 'auto' ? endpoint : { type, value: endpoint };
const options = { sources: [source], httpRetryCount: 0 };
const weights = 'SELECT ?animal ?weight WHERE { ?animal <http://zoo.example/weight> ?weight }';
const bindings = await (await engine.queryBindings(weights, options)).toArray();
const birds = 'CONSTRUCT WHERE { ?bird a <http://zoo.example/Bird> }';
const quads = await (await engine.queryQuads(birds, options)).toArray();
const isThere = await engine.queryBoolean('ASK { ?bird a <http://zoo.example/Animal> }', options);
console.log(JSON.stringify({
  animals: bindings.map(each => each.get('animal').value).sort(),
  birds: quads.map(quad => quad.subject.value),
  isThere,
}));
