import { InvalidArgumentError } from '../core/errors.js';
import { readText } from '../core/read-text.js';
import type { SkySource } from './types.js';

/** How good a calibrator is in an array: up to 3 %, 3 to 10 %, more of its flux is elsewhere; it is confused; not to be used. */
export type VlaQuality = 'P' | 'S' | 'W' | 'C' | 'X' | '?';

/** A calibrator in one of the bands of the VLA. */
export interface VlaBand {
  readonly fluxJy: number;
  /** In the arrays A (36 km), B (11 km), C (3.4 km) and D (1 km). */
  readonly quality: Readonly<Record<'A' | 'B' | 'C' | 'D', VlaQuality>>;
}

/** An entry of the VLA calibrator list. */
export interface VlaCalibrator {
  /** Of J2000. */
  readonly name: string;
  readonly otherName: string | undefined;
  readonly raDeg: number;
  readonly decDeg: number;
  /** By the letter of the band: P 90 cm, L 20 cm, C 6 cm, X 3.7 cm, ... */
  readonly bands: Readonly<Record<string, VlaBand>>;
}

/** Frequencies of bands that a spectral index comes from. */
const [bandLMhz, bandCMhz] = [1400, 4860];

/** `0137+331   J2000  A 01h37m41.299431s  33d09'35.132990"  Aug01  3C48`; seconds of arc may end in two primes. */
const positionLine =
  /^\s*(\d{4}[+-]\d{2,4}[A-Za-z]?)\s+J2000\s+[A-Z?]\s+(\d+)h(\d+)m([\d.]+)s\s+([+-]?)(\d+)d(\d+)'([\d.]+)(?:"|'')\s*(.*)$/;
/** `20cm    L  X P S S      16.50` */
const bandLine = /^\s*[\d.]+\s*cm\s+([A-Z])\s+([PSWCX?])\s+([PSWCX?])\s+([PSWCX?])\s+([PSWCX?])\s*([\d.]*)/;
const refinedPosition = /^(?:[A-Z][a-z]{2}\d\d|VCS\d?)$/;

/**
 * Reads a list of calibrators in the format of the VLA calibrator manual. Other lines than those of J2000 positions and of
 * bands, such as those of B1950, are passed over.
 *
 * @throws {FileAccessError} it cannot be read.
 * @throws {InvalidArgumentError} there is no calibrator in it, or one twice.
 */
export async function readVlaCalibrators(path: string): Promise<VlaCalibrator[]> {
  const text = await readText(path);
  const calibrators = new Map<string, VlaCalibrator & { readonly bands: Record<string, VlaBand> }>();
  let current: Record<string, VlaBand> | undefined;
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    const calibrator = calibratorOf(line);
    if (calibrator) {
      if (calibrators.has(calibrator.name))
        throw new InvalidArgumentError(
          `Expected each calibrator once, but ${calibrator.name} is again in line ${i + 1} of ${path}`,
        );
      calibrators.set(calibrator.name, calibrator);
      current = calibrator.bands;
      continue;
    }
    const band = bandLine.exec(line);
    if (!band || !current) continue;
    const [, letter, A, B, C, D, flux] = band as unknown as [string, string, ...VlaQuality[]];
    // A band without a flux is one in which none is known: it stays absent.
    if (Number(flux) > 0) current[letter] = { fluxJy: Number(flux), quality: { A: A!, B: B!, C: C!, D: D! } };
  }
  if (calibrators.size === 0)
    throw new InvalidArgumentError(
      `Expected calibrators in the format of the VLA calibrator list in ${path}, but there is none`,
    );
  return [...calibrators.values()];
}

/**
 * A calibrator as a source of a sky model: its flux at 20 cm, with the spectral index to 6 cm where that is known.
 *
 * @throws {InvalidArgumentError} it has no flux at 20 cm: nothing stands in for it.
 */
export function toSkySource({ name, otherName, raDeg, decDeg, bands }: VlaCalibrator): SkySource {
  const { L, C } = bands;
  if (L === undefined)
    throw new InvalidArgumentError(
      `Expected a flux of ${name} at 20 cm, but the list gives none: nothing stands in for it`,
    );
  const spectralIndex = C && Math.log(C.fluxJy / L.fluxJy) / Math.log(bandCMhz / bandLMhz);
  return { name: otherName ?? name, raDeg, decDeg, fluxJy: L.fluxJy, referenceMhz: bandLMhz, spectralIndex };
}

function calibratorOf(line: string) {
  const match = positionLine.exec(line);
  if (!match) return undefined;
  const [, name, h, m, s, sign, d, arcmin, arcsec, rest] = match as unknown as string[];
  const degrees = Number(d) + Number(arcmin) / 60 + Number(arcsec) / 3600;
  const otherName = rest!.split(/\s+/).find(word => word !== '' && !refinedPosition.test(word));
  return {
    ...{ name: name!, otherName, bands: {} as Record<string, VlaBand> },
    raDeg: 15 * (Number(h) + Number(m) / 60 + Number(s) / 3600),
    decDeg: sign === '-' ? -degrees : degrees,
  };
}
