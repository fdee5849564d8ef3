// Asks two endpoints at once through Comunica and prints the solutions, as JSON.
// node federated.mjs FOLDER_OF_NODE_MODULES QUERY ENDPOINT...
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const [, , folder, query, ...endpoints] = process.argv;
const require = createRequire(`${folder}/`);
const { QueryEngine } = await import(pathToFileURL(require.resolve('@comunica/query-sparql')));
const sources = endpoints.map(value => ({ type: 'sparql', value }));
const engine = new QueryEngine();
const stream = await engine.queryBindings(query, { sources, httpRetryCount: 0 });
const rows = await stream.toArray();
console.log(JSON.stringify(rows.map(row => Object.fromEntries(
  [...row].map(([variable, term]) => [variable.value, term.value]),
))));
