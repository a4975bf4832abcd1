// Runs a notebook's TypeScript cells in order through tslab's own executor, without Jupyter:
//
//   node notebooks/run.mjs notebooks/01-image-a-tile.ipynb [--save FILE.ipynb]
//
// Prints what the cells print, and one line for each picture they show; --save writes the notebook with its outputs.
// Exits with 1 at the first cell that fails, of type or at run time.
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, resolve } from 'node:path';
import { parseArgs } from 'node:util';

const require = createRequire(import.meta.url);
const tslab = require('tslab');
const { createExecutor } = require('tslab/dist/executor');
const { createConverter } = require('tslab/dist/converter');

const { values, positionals } = parseArgs({ allowPositionals: true, options: { save: { type: 'string' } } });
if (positionals.length !== 1) {
  console.error('Expected one notebook: node notebooks/run.mjs FILE.ipynb [--save FILE.ipynb]');
  process.exit(2);
}
const [path] = positionals;
const notebook = JSON.parse(readFileSync(path, 'utf8'));
const folder = dirname(resolve(path));
process.chdir(folder);

let outputs = [];
const stream = name => text => {
  process.stdout.write(text);
  outputs.push({ output_type: 'stream', name, text: [text] });
};
console.log = (...parts) => stream('stdout')(`${parts.map(show).join(' ')}\n`);
console.error = (...parts) => stream('stderr')(`${parts.map(show).join(' ')}\n`);
for (const [kind, mime] of Object.entries({ png: 'image/png', html: 'text/html', markdown: 'text/markdown' })) {
  tslab.display[kind] = content => {
    const data = kind === 'png' ? Buffer.from(content).toString('base64') : content;
    outputs.push({ output_type: 'display_data', metadata: {}, data: { [mime]: data } });
    process.stdout.write(`[${mime}, ${content.length} bytes]\n`);
  };
}

const converter = createConverter({ cwd: folder });
const executor = createExecutor(folder, { node: converter, close: () => converter.close() }, console);
let failed = false;
for (const [index, cell] of notebook.cells.entries()) {
  if (cell.cell_type !== 'code') continue;
  outputs = [];
  const ok = await executor.execute(cell.source.join(''));
  cell.outputs = outputs;
  cell.execution_count = index + 1;
  if (!ok) {
    process.stdout.write(`Cell ${index + 1} failed\n`);
    failed = true;
    break;
  }
}
if (values.save) writeFileSync(values.save, `${JSON.stringify(notebook, null, 1)}\n`);
executor.close();
process.exit(failed ? 1 : 0);

function show(value) {
  return typeof value === 'string' ? value : require('node:util').inspect(value);
}
