import { readFile } from 'node:fs/promises';

import { Command } from 'commander';
import { z } from 'zod';

import { simulateObservation, simulationDefaults as defaults } from '../../simulation/index.js';
import type { PointSource } from '../../simulation/index.js';
import type { MakeCommand } from '../command-context.js';
import { UsageError } from '../exit-codes.js';
import { integerOption, numberOption, optionName, parseWith } from '../load-config.js';
import { progressDisplay } from '../progress-display.js';

const schema = z.object({
  out: z.string(),
  tiles: integerOption.optional(),
  antennas: integerOption.optional(),
  channels: integerOption.optional(),
  integrations: integerOption.optional(),
  dec: numberOption.optional(),
  start: z.string().optional(),
  sources: integerOption.optional(),
  sky: z.string().optional(),
  noise: numberOption.optional(),
  gainError: numberOption.optional(),
  primaryBeam: z.boolean(),
  nameJitter: integerOption.optional(),
  seed: integerOption.optional(),
  threads: integerOption.optional(),
  json: z.boolean().optional(),
});

/** `contimg simulate`: correlator files of a known sky. */
export const simulateCommand: MakeCommand = ({ config, signal }) =>
  new Command('simulate')
    .description('Write the files that the correlator would write of a known sky, and truth.json beside them.')
    .requiredOption('--out <folder>', 'where the files go; one simulation per folder')
    .option('--tiles <n>', `consecutive observations (default ${defaults.nTiles})`)
    .option('--antennas <n>', `dishes in use, spread over the array (default ${defaults.nAntennas})`)
    .option('--channels <n>', `channels per subband (default ${defaults.nChannels})`)
    .option('--integrations <n>', `integrations per tile (default ${defaults.nIntegrations})`)
    .option('--dec <deg>', `apparent declination that the dishes point to (default ${defaults.pointingDecDeg})`)
    .option('--start <time>', `first integration, ISO 8601 UTC (default ${defaults.startTime})`)
    .option('--sources <n>', `random point sources (default ${defaults.nSources})`)
    .option('--sky <file>', 'the sources instead: JSON, a list of { raDeg, decDeg, fluxJy, spectralIndex }')
    .option('--noise <factor>', `thermal noise in units of the real array's (default ${defaults.noise})`)
    .option('--gain-error <fraction>', `scatter of antenna gains (default ${defaults.gainError})`)
    .option('--no-primary-beam', 'dishes that see all directions alike')
    .option('--name-jitter <sec>', `scatter of the stamps in file names (default ${defaults.nameJitterSec})`)
    .option('--seed <n>', `the same seed gives the same files (default ${defaults.seed})`)
    .option('--threads <n>', 'threads, 0 for all cores (default 0, or CONTIMG_THREADS)')
    .option('--json', 'print one line of JSON: the files')
    .action(async (raw: unknown) => {
      const options = parseWith(schema, raw, optionName);
      const display = progressDisplay();
      const show = (fraction: number) => display.show({ name: 'simulate', fraction });
      try {
        const { files, truthPath } = await simulateObservation({
          folder: options.out,
          nTiles: options.tiles,
          nAntennas: options.antennas,
          nChannels: options.channels,
          nIntegrations: options.integrations,
          pointingDecDeg: options.dec,
          startTime: options.start,
          nSources: options.sources,
          sources: options.sky === undefined ? undefined : await readSky(options.sky),
          noise: options.noise,
          gainError: options.gainError,
          primaryBeam: options.primaryBeam,
          nameJitterSec: options.nameJitter,
          seed: options.seed,
          threads: options.threads ?? config.threads,
          signal,
          onProgress: show,
        });
        if (options.json) console.log(JSON.stringify({ files, truth: truthPath }));
        else console.log(`Wrote ${files.length} files and ${truthPath}`);
      } finally {
        display.stop();
      }
    });

const sky = z.array(
  z.object({
    raDeg: z.number(),
    decDeg: z.number(),
    fluxJy: z.number(),
    spectralIndex: z.number().optional(),
  }),
);

async function readSky(path: string): Promise<PointSource[]> {
  let content: unknown;
  try {
    content = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw new UsageError(`--sky: expected a readable JSON file at ${path}: ${(error as Error).message}`);
  }
  return parseWith(sky, content, place => `--sky: ${place}`);
}
