import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { PNG } from 'pngjs';
import { afterAll, beforeAll, expect, test } from 'vitest';

const folder = fileURLToPath(new URL('../../notebooks/', import.meta.url));
let temporary: string;
beforeAll(() => void (temporary = mkdtempSync(join(tmpdir(), 'contimg-notebook-'))));
afterAll(() => rmSync(temporary, { recursive: true, force: true }));

interface Output {
  output_type: string;
  data?: Record<string, string>;
}

test.each(readdirSync(folder).filter(name => name.endsWith('.ipynb')))('%s runs and shows a picture', async name => {
  const saved = join(temporary, name);
  const run = await execa('node', [join(folder, 'run.mjs'), join(folder, name), '--save', saved], {
    reject: false,
    env: { TMPDIR: temporary },
  });
  expect(run.exitCode, run.stdout + run.stderr).toBe(0);
  const { cells } = JSON.parse(readFileSync(saved, 'utf8')) as { cells: { outputs?: Output[] }[] };
  expect(cells.length).toBeLessThanOrEqual(15);
  const pictures = cells.flatMap(cell => cell.outputs ?? []).flatMap(output => output.data?.['image/png'] ?? []);
  expect(pictures.length).toBeGreaterThan(0);
  const nShades = pictures.map(picture => {
    const { width, height, data } = PNG.sync.read(Buffer.from(picture, 'base64'));
    expect(Math.min(width, height)).toBeGreaterThan(100);
    return new Set(data.filter((_, i) => i % 4 === 0)).size;
  });
  expect(Math.min(...nShades)).toBeGreaterThan(4); // plots: paper, ink, grid and colors
  expect(Math.max(...nShades)).toBeGreaterThan(64); // images
});
