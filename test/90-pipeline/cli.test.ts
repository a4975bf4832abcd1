import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { describeMs, readMs } from '../../src/ms/index.js';
import { indexFolder } from '../../src/uvh5/index.js';
import { contimg, program } from '../support/contimg-command.js';
import { makeMemoryFolder } from '../support/memory-folder.js';
import { publishedHashes, reportOf, simulateSmall, smallRun } from '../support/small-run.js';

let folder: string;
let incoming: string;
beforeAll(async () => {
  folder = makeMemoryFolder('contimg-cli-');
  incoming = join(folder, 'incoming');
  await simulateSmall(incoming, 2);
});
afterAll(() => rm(folder, { recursive: true }));

const runArgs = (...more: string[]) => ['run', incoming, '--work', join(folder, 'w'), ...more];

describe('contimg', () => {
  it('tells its version and its exit codes', async () => {
    const packageJson = fileURLToPath(new URL('../../package.json', import.meta.url));
    const { version } = JSON.parse(await readFile(packageJson, 'utf8')) as { version: string };
    expect(await contimg(['--version'])).toMatchObject({ exitCode: 0, stdout: version, stderr: '' });
    for (const command of [[], ['simulate'], ['inspect'], ['convert'], ['image'], ['run']]) {
      const help = await contimg([...command, '--help']);
      expect(help).toMatchObject({ exitCode: 0, stderr: '' });
      expect(help.stdout).toMatch(/Exit codes:\n {2}0 .*\n {2}1 .*\n {2}2 .*\n {2}130/);
    }
  });

  it.each([
    [[], /Usage: contimg/],
    [['fly'], /unknown command 'fly'/],
    [['run'], /missing required argument 'incoming'/],
    [['run', 'x'], /--work FOLDER, or CONTIMG_WORK/],
    [['run', 'x', '--work', 'a'], /--products FOLDER, or CONTIMG_PRODUCTS/],
    [['run', 'x', '--work', 'a', '--products', 'b', '--fast'], /unknown option '--fast'/],
    [['run', 'x', '--work', 'a', '--products', 'b', '--group-size', 'many'], /--group-size: /],
    [['run', 'x', '--work', 'a', '--products', 'b', '--group-size', '0'], /--group-size: /],
    [['run', 'x', '--work', 'a', '--products', 'b', '--weighting', 'heavy'], /natural, uniform, briggs/],
    [['run', 'x', '--work', 'a', '--products', 'b', '--weighting', 'natural', '--robust', '1'], /--robust goes with/],
    [['simulate'], /required option '--out/],
    [['simulate', '--out', 'x', '--antennas', '2.5'], /--antennas: /],
    [['simulate', '--out', 'x', '--noise', ' '], /--noise: expected a value/],
    [['run', 'x', '--work', 'a', '--products', 'b', '--npix', '101'], /--npix to be even/],
    [
      ['run', 'x', '--work', 'a', '--products', 'b', '--auto-mask', '1', '--auto-threshold', '5'],
      /at most --auto-mask, 1/,
    ],
    [['run', 'a', '--work', 'a', '--products', 'b'], /incoming and work to be two folders/],
    [['simulate', '--out', 'x', '--sky', '/nowhere.json'], /--sky: expected a readable JSON file/],
    [['inspect'], /missing required argument 'path'/],
    [['convert', 'x'], /required option '--out/],
    [['convert', 'x', '--out', 'y', '--fields', 'many'], /meridian, single/],
  ])('refuses %j', async (args, message) => {
    const { exitCode, stdout, stderr } = await contimg(args, { cwd: folder });
    expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).not.toMatch(/\n\s+at /);
  });

  it('refuses an environment variable that is no number', async () => {
    const run = await contimg(['--version'], { env: { CONTIMG_THREADS: 'all' } });
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringMatching(/^CONTIMG_THREADS: /) as string });
  });

  it('prints an error as one sentence with its code, and where it comes from only on request', async () => {
    const missing = join(folder, 'nowhere');
    const args = ['run', missing, '--work', join(folder, 'w2'), '--products', join(folder, 'p2')];
    const brief = await contimg(args);
    expect(brief.exitCode).toBe(1);
    expect(brief.stderr).toMatch(/^Expected a readable folder at .*nowhere.*\[FILE_ACCESS\]$/);
    for (const long of [await contimg([...args, '--verbose']), await contimg(args, { env: { DEBUG: '1' } })]) {
      expect(long.stderr).toMatch(/\n\s+at /);
    }
  });
});

describe('contimg simulate', () => {
  it('takes the sky from a file', async () => {
    const sky = [{ raDeg: 337.5, decDeg: 16, fluxJy: 2, spectralIndex: -0.7 }];
    await writeFile(join(folder, 'sky.json'), JSON.stringify(sky));
    const out = join(folder, 'simulated');
    const size = ['--antennas', '4', '--channels', '1', '--integrations', '2'];
    const run = await contimg(['simulate', '--out', out, ...size, '--sky', join(folder, 'sky.json'), '--json']);
    expect(run.exitCode, run.stderr).toBe(0);
    const { files, truth } = JSON.parse(run.stdout) as { files: string[]; truth: string };
    expect(files).toHaveLength(16);
    expect(JSON.parse(await readFile(truth, 'utf8'))).toMatchObject({
      sources: [{ ra_deg: 337.5, dec_deg: 16, flux_jy: 2, spectral_index: -0.7 }],
    });
    const again = await contimg(['simulate', '--out', out, ...size]);
    expect(again).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('[OUTPUT_EXISTS]') as string });
  });
});

describe('contimg inspect', () => {
  it('prints headers and groups of a folder', async () => {
    const run = await contimg(['inspect', incoming]);
    expect(run.exitCode, run.stderr).toBe(0);
    expect(run.stdout.match(/_sb\d\d\.hdf5: 1 channels .* MHz, 3 integrations from .*Z, 24 antennas/g)).toHaveLength(
      32,
    );
    expect(run.stdout.match(/^Group .*: 16 files, complete$/gm)).toHaveLength(2);
  });

  it('names what cannot be read, and goes on', async () => {
    const name = (await readdir(incoming)).find(file => file.endsWith('_sb03.hdf5'))!;
    const broken = join(folder, name.replace('sb03', 'sb04'));
    await writeFile(broken, 'not HDF5');
    const run = await contimg(['inspect', '--json', broken, join(incoming, name)]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('sb04.hdf5: ');
    expect(JSON.parse(run.stdout)).toMatchObject({
      headers: [{ path: join(incoming, name), nAntsData: 24 }],
      groups: [{ complete: false }],
      leftOut: [{ path: broken, code: 'UNREADABLE_FILE' }],
    });
  });

  it('keeps what it found, also where several look at once', async () => {
    const index = join(folder, 'headers.sqlite');
    const runs = await Promise.all([1, 2, 3].map(() => contimg(['inspect', '--index', index, '--json', incoming])));
    for (const { exitCode, stderr } of runs) expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
    const [first, ...others] = runs.map(run => JSON.parse(run.stdout) as unknown);
    for (const other of others) expect(other).toEqual(first);
    expect(await indexFolder(incoming, { database: index })).toMatchObject({ nOpened: 0, headers: { length: 32 } });
  });
});

describe('contimg convert', () => {
  it('makes a measurement set of every group, and leaves those that are there', async () => {
    const out = join(folder, 'converted');
    const [first] = (await readdir(incoming)).filter(file => file.endsWith('.hdf5')).sort();
    const one = await contimg(['convert', '--out', out, '--min-subbands', '1', join(incoming, first!), '--json']);
    expect(one.exitCode, one.stderr).toBe(0);
    const all = await contimg(['convert', '--out', out, '--fields', 'single', incoming, '--json']);
    expect(all.exitCode, all.stderr).toBe(0);
    const { converted } = JSON.parse(all.stdout) as { converted: { path: string; outcome: string }[] };
    expect(converted.map(({ outcome }) => outcome)).toEqual(['present', 'made']);
    expect(await describeMs(converted[0]!.path)).toMatchObject({ nSpws: 16, fields: { length: 3 } });
    expect(await describeMs(converted[1]!.path)).toMatchObject({ nSpws: 16, fields: { length: 1 } });
  });

  it('takes every option of convertToMs', async () => {
    const out = join(folder, 'averaged');
    const averaging = ['--max-smearing', '0.5', '--field-radius', '0.2', '--max-interval', '30'];
    const columns = ['--model-data', '--corrected-data', '--weight-spectrum', 'always', '--autocorrelations'];
    const how = ['--fields', 'single', '--spectral-windows', 'one', '--telescope', 'ATA', '--validation', 'warn'];
    const run = await contimg(['convert', '--out', out, ...averaging, ...columns, ...how, incoming, '--json']);
    expect(run.exitCode, run.stderr).toBe(0);
    const { converted } = JSON.parse(run.stdout) as { converted: { path: string }[] };
    const ms = await describeMs(converted[0]!.path);
    expect(ms).toMatchObject({ nSpws: 1, telescopeName: 'ATA' });
    expect(ms.nRows).toBeLessThan(3 * 300); // 3 integrations of 24 antennas with themselves
    expect(ms.nRows).toBeGreaterThanOrEqual(300);
    for (const column of ['MODEL_DATA', 'CORRECTED_DATA'])
      expect((await readMs(converted[0]!.path, { dataColumn: column as 'MODEL_DATA' })).visibilities.shape[1]).toBe(16);

    const wrong = await contimg(['convert', '--out', join(folder, 'wrong'), '--max-smearing', '0.1', incoming]);
    expect(wrong).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('single') as string });
  });

  it('names groups that fail, and goes on', async () => {
    const out = join(folder, 'partly');
    const names = (await readdir(incoming)).filter(file => file.endsWith('.hdf5')).sort();
    const run = await contimg(['convert', '--out', out, ...names.slice(3).map(name => join(incoming, name))]);
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toMatch(/^Failed: .* \[INCOMPLETE_GROUP\]$/m);
    expect((await readdir(out)).filter(name => name.endsWith('.ms'))).toHaveLength(1);
  });
});

describe('contimg run', () => {
  it('takes its folders from the environment, and prints plain lines', async () => {
    const empty = join(folder, 'empty');
    await mkdir(empty);
    const env = { CONTIMG_WORK: join(folder, 'w3'), CONTIMG_PRODUCTS: join(folder, 'p3') };
    const run = await contimg(['run', empty], { env });
    expect(run).toMatchObject({ exitCode: 0, stderr: '', stdout: '0 products, 0 of them new; 0 left out; 0 failed' });
  });

  it('stops cleanly at Ctrl-C, and goes on when it is run again', async () => {
    const at = join(folder, 'interrupted');
    const child = execa(program, smallRun(incoming, at), { reject: false });
    await new Promise<void>(resolve =>
      child.stderr.on('data', (text: Buffer) => void (text.includes('image: done') && resolve())),
    );
    child.kill('SIGINT');
    const { exitCode, stderr, stdout } = await child;
    expect({ exitCode, stdout }).toEqual({ exitCode: 130, stdout: '' });
    expect(stderr).toMatch(/Interrupted\. Run again to go on\.$/);
    for (const kind of ['ms', 'tiles', 'mosaics']) {
      expect((await readdir(join(at, 'work', kind))).filter(name => name.startsWith('.'))).toEqual([]);
    }
    const again = await contimg(smallRun(incoming, at));
    expect(again.exitCode, again.stderr).toBe(0);
    const products = reportOf(again).products;
    expect(products.find(product => product.kind === 'tile')).toMatchObject({ made: false });
    expect(products.find(product => product.kind === 'mosaic')).toMatchObject({ state: 'published' });
    expect(Object.keys(await publishedHashes(at))).toHaveLength(6);
  });

  it('refuses one folder for two purposes', async () => {
    const run = await contimg(runArgs('--products', join(folder, 'w')));
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('[INVALID_ARGUMENT]') as string });
  });

  it('never changes its input', async () => {
    const copy = join(folder, 'copy');
    await cp(incoming, copy, { recursive: true });
    await execa('chmod', ['-R', 'a-w', copy]);
    const hash = async () => (await execa('sh', ['-c', `cat '${copy}'/* | sha256sum`])).stdout;
    const before = await hash();
    expect((await contimg(smallRun(copy, join(folder, 'from-copy')))).exitCode).toBe(0);
    expect(await hash()).toBe(before);
  });
});
