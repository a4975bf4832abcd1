import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Folders of src/ that a folder of src/ may import values from; `types.ts` of any stage may be imported as a type. */
const typescriptLayers: Record<string, readonly string[]> = {
  core: [],
  uvh5: ['core', 'addon'],
  grouping: ['core'],
  ms: ['core', 'addon'],
  calibration: ['core', 'addon'],
  imaging: ['core', 'addon', 'fits/wcs'],
  mosaic: ['core', 'addon', 'fits'], // FITS files go to native code by name
  fits: ['core', 'addon'],
  plots: ['core', 'fits/color-map'],
  simulation: ['core', 'addon'],
  registry: ['core'],
  publish: ['core', 'registry'],
  pipeline: [
    'core',
    'uvh5',
    'grouping',
    'ms',
    'calibration',
    'imaging',
    'mosaic',
    'fits',
    'plots',
    'registry',
    'publish',
  ],
  cli: [
    'core',
    'uvh5',
    'grouping',
    'ms',
    'calibration',
    'imaging',
    'mosaic',
    'fits',
    'simulation',
    'registry',
    'publish',
    'pipeline',
  ],
};

/** What a folder of native/ (and bindings/) may include: folders of native/, and libraries by the start of the header. */
const nativeLayers: Record<string, { folders: readonly string[]; libraries: readonly string[] }> = {
  core: { folders: [], libraries: [] },
  coordinates: { folders: ['core'], libraries: ['erfa'] },
  calibration: { folders: ['core', 'coordinates'], libraries: [] },
  imaging: { folders: ['core', 'coordinates'], libraries: [] },
  mosaic: { folders: ['core', 'coordinates'], libraries: [] },
  simulation: { folders: ['core', 'coordinates'], libraries: [] },
  uvh5: { folders: ['core', 'coordinates'], libraries: ['hdf5', 'H5'] },
  ms: { folders: ['core', 'coordinates'], libraries: ['casacore/'] },
  fits: { folders: ['core', 'coordinates'], libraries: ['fitsio'] },
};
const knownLibraries = ['erfa', 'hdf5', 'H5', 'casacore/', 'fitsio', 'fftw3', 'napi'];

function filesBelow(folder: string, pattern: RegExp): string[] {
  const path = join(root, folder);
  return existsSync(path)
    ? readdirSync(path, { recursive: true, encoding: 'utf8' })
        .filter(name => pattern.test(name))
        .map(name => join(folder, name))
    : [];
}

/** Every relative import of a TypeScript file as {target: path below src without .js, typeOnly}. */
function importsOf(file: string): { target: string; typeOnly: boolean }[] {
  const source = readFileSync(join(root, file), 'utf8');
  const statements = source.matchAll(
    /(?:import|export)\s+(type\s+)?(?:[^'";]*?\sfrom\s+)?'(\.[^']+)'|import\('(\.[^']+)'\)/g,
  );
  return [...statements].map(([, type, path, dynamic]) => ({
    target: relative('src', join(dirname(file), (path ?? dynamic)!)).replace(/\.js$/, ''),
    typeOnly: type !== undefined,
  }));
}

test('stages of src/ import only what their layer may', () => {
  const violations = filesBelow('src', /\.ts$/).flatMap(file => {
    const layer = file.split('/')[1]!;
    if (file === 'src/index.ts') return [];
    const allowed = typescriptLayers[layer];
    if (!allowed) return [`${file}: folder ${layer} is not in the table`];
    return importsOf(file)
      .filter(({ target, typeOnly }) => {
        const folder = target.split('/')[0]!;
        if (folder === layer) return false;
        if (target.startsWith('../bindings/')) return !(typeOnly && (allowed.includes('addon') || layer === 'core'));
        if (target === 'core/addon') return !allowed.includes('addon');
        if (typeOnly && target.endsWith('/types')) return false;
        return !allowed.includes(folder) && !allowed.includes(target);
      })
      .map(({ target }) => `${file} may not import ${target}`);
  });
  expect(violations).toEqual([]);
});

test('stages of native/ include only what their layer may', () => {
  const violations = filesBelow('native', /\.(h|cpp)$/).flatMap(file => {
    const layer = file.split('/')[1]!;
    const allowed = nativeLayers[layer];
    if (!allowed) return [`${file}: folder ${layer} is not in the table`];
    const source = readFileSync(join(root, file), 'utf8');
    return [...source.matchAll(/#include\s+[<"]([^>"]+)[>"]/g)]
      .map(([, header]) => header!)
      .filter(header => {
        const folder = header.split('/')[0]!;
        if (folder in nativeLayers) return folder !== layer && !allowed.folders.includes(folder);
        if (file === 'native/core/fft.cpp' && header === 'fftw3.h') return false;
        return (
          knownLibraries.some(library => header.startsWith(library)) &&
          !allowed.libraries.some(library => header.startsWith(library))
        );
      })
      .map(header => `${file} may not include ${header}`);
  });
  expect(violations).toEqual([]);
});

test('no file is a drawer', () => {
  const drawers = [...filesBelow('src', /./), ...filesBelow('native', /./), ...filesBelow('bindings', /./)].filter(
    file => /(^|[/_-])(utils?|helpers?|common|misc|manager)([/_.-]|$)/.test(file),
  );
  expect(drawers).toEqual([]);
});
