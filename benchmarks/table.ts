import type { Measurement } from './case.js';

const heads = ['contender', 'median s', 'min', 'max', 'throughput', 'contimg x', 'of limit', 'error', 'peak MB'];

/** One case as a table: its contenders, and per contender how many times faster contimg is. */
export function caseTable(measurements: readonly Measurement[]): string {
  const [first] = measurements as [Measurement, ...Measurement[]];
  const ours = measurements.find(({ contender }) => contender.startsWith('contimg'))?.throughput;
  const figures = [...new Set(measurements.flatMap(measurement => Object.keys(measurement.figures)))];
  const rows = measurements.map(measurement => [
    ...cellsOf(measurement, ours ?? null),
    ...figures.map(name => format(measurement.figures[name] ?? null)),
  ]);
  const all = [[...heads, ...figures], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map(row => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    cells.map((cell, i) => (i === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[i] ?? 0))).join('  ');
  const params = Object.entries(first.params).map(([name, value]) => `${name} ${value}`);
  const about = [`${first.threads} threads`, ...params, `${roundsOf(measurements)} rounds`].join(', ');
  const absent = measurements.filter(({ absent }) => absent !== undefined);
  return [
    `${first.case}: ${about}`,
    `  error: ${first.error_means}${first.limit ? `; limit: ${first.limit}` : ''}`,
    ...all.map(row => `  ${line(row)}`),
    ...absent.map(({ contender, absent }) => `  ${contender}: ${absent}`),
  ].join('\n');
}

/** All cases in one table: seconds of each contender, and how many times faster than the fastest other one contimg is. */
export function summaryTable(measurements: readonly Measurement[]): string {
  const ran = measurements.filter(({ median_s, contender }) => median_s !== null && contender !== 'machine');
  const names = [...new Set(ran.map(({ case: name }) => name))];
  const width = Math.max(...names.map(name => name.length));
  return names
    .map(name => {
      const [ours, ...others] = ran.filter(entry => entry.case === name) as [Measurement, ...Measurement[]];
      const seconds = [ours, ...others].map(({ contender, median_s }) => `${contender} ${format(median_s)} s`);
      const fastest = Math.min(...others.map(({ median_s }) => median_s!));
      const ratio = others.length > 0 ? `x ${(fastest / ours.median_s!).toFixed(2)}` : '';
      return [name.padEnd(width), ratio.padStart(8), seconds.join(', ')].join('  ');
    })
    .join('\n');
}

function cellsOf(measurement: Measurement, ours: number | null): string[] {
  const { contender, version, median_s, min_s, max_s, throughput, unit, error, peak_mb, limit_fraction } = measurement;
  const name = version ? `${contender} ${version}` : contender;
  if (median_s === null) return [name, 'no result'];
  return [
    name,
    ...[median_s, min_s, max_s].map(seconds => format(seconds)),
    `${format(throughput)} ${unit}`,
    ours !== null && throughput !== null ? (ours / throughput).toFixed(2) : '-',
    limit_fraction === null ? '-' : `${Number((100 * limit_fraction).toPrecision(2))} %`,
    error === null ? '-' : error === 0 ? '0' : error.toExponential(1),
    peak_mb === null ? '-' : peak_mb.toFixed(0),
  ];
}

function roundsOf(measurements: readonly Measurement[]): number {
  return Math.max(...measurements.map(({ rounds }) => rounds));
}

/** Four significant digits, never in exponents for what benchmarks give. */
function format(value: number | null): string {
  if (value === null) return '-';
  return value >= 1000 ? value.toFixed(0) : Number(value.toPrecision(4)).toString();
}
