import ndarray from 'ndarray';

import type { Hdf5File } from './hdf5-file.js';
import { complexMember, isFloat, isOneByteFlag, sameShape, withHdf5File } from './hdf5-file.js';
import type { Uvh5Header, VisibilityType } from './types.js';

const radian = 180 / Math.PI;

/** Reads a header through h5wasm, where there is no native code. @throws as `readUvh5Header`. */
export async function readHeaderWithWasm(path: string): Promise<Uvh5Header> {
  return withHdf5File(path, readHeader);
}

function readHeader(file: Hdf5File): Uvh5Header {
  const sizes = readSizes(file);
  return {
    path: file.path,
    fileSizeBytes: file.fileSizeBytes,
    ...sizes,
    ...readDataLayout(file, sizes),
    ...readTelescope(file, sizes.nAntsTelescope),
    ...readChannels(file, sizes.nFreqs),
    polarizations: file.integers('Header/polarization_array', [sizes.nPols]),
    ...readTimes(file, sizes.nBlts),
    ...readPointing(file),
  };
}

function readSizes(file: Hdf5File) {
  const size = (name: string) => {
    const value = file.integer(`Header/${name}`);
    if (value < 1) file.refuse(`Expected Header/${name} to be at least 1 but it is ${value}`);
    return value;
  };
  return {
    nBlts: size('Nblts'),
    nFreqs: size('Nfreqs'),
    nPols: size('Npols'),
    nSpws: size('Nspws'),
    nTimes: size('Ntimes'),
    nAntsData: size('Nants_data'),
    nAntsTelescope: size('Nants_telescope'),
  };
}

/** Shapes and types of the data arrays: the same checks as the native reader's. */
function readDataLayout(file: Hdf5File, { nBlts, nFreqs, nPols }: { nBlts: number; nFreqs: number; nPols: number }) {
  const visdata = file.metadata('Data/visdata');
  const hasSpwAxis = visdata.shape.length === 4;
  const shape = hasSpwAxis ? [nBlts, 1, nFreqs, nPols] : [nBlts, nFreqs, nPols];
  for (const name of ['Data/visdata', 'Data/flags', 'Data/nsamples']) {
    const actual = file.metadata(name).shape;
    if (!sameShape(actual, shape)) file.refuse(`Expected ${name} to have the shape (${shape}) but it has (${actual})`);
  }
  if (!isOneByteFlag(file.metadata('Data/flags')))
    file.refuse('Expected Data/flags to hold booleans (an enumeration or integer of one byte) but its type differs');
  if (!isFloat(file.metadata('Data/nsamples')))
    file.refuse('Expected Data/nsamples to hold floating-point numbers but its type differs');
  return { hasSpwAxis, visibilityType: visibilityType(file) };
}

function visibilityType(file: Hdf5File): VisibilityType {
  const member = complexMember(file.metadata('Data/visdata'));
  if (member?.kind === 'float' && member.bytes === 4) return 'complex64';
  if (member?.kind === 'float' && member.bytes === 8) return 'complex128';
  if (member?.kind === 'integer' && member.bytes <= 4) return 'int32';
  file.refuse('Expected Data/visdata to hold compounds {r, i} of float32, float64 or int32 but its type differs');
}

function readTelescope(file: Hdf5File, nAntsTelescope: number) {
  const positions = file.finiteNumbers('Header/antenna_positions', [nAntsTelescope, 3]);
  const diameters = 'Header/antenna_diameters';
  const latitudeDeg = file.number('Header/latitude');
  if (Math.abs(latitudeDeg) > 90) file.refuse(`Expected Header/latitude within 90 degrees but it is ${latitudeDeg}`);
  return {
    telescopeName: file.text('Header/telescope_name'),
    instrument: optionalText(file, 'Header/instrument') ?? '',
    objectName: optionalText(file, 'Header/object_name') ?? '',
    site: {
      longitudeDeg: file.number('Header/longitude'),
      latitudeDeg,
      heightMeters: file.number('Header/altitude'),
    },
    antennaNumbers: file.integers('Header/antenna_numbers', [nAntsTelescope]),
    antennaNames: file.texts('Header/antenna_names', [nAntsTelescope]),
    antennaPositionsMeters: ndarray(positions, [nAntsTelescope, 3]),
    antennaDiametersMeters: file.has(diameters) ? file.finiteNumbers(diameters, [nAntsTelescope]) : undefined,
  };
}

function readChannels(file: Hdf5File, nFreqs: number) {
  const withSpw = file.metadata('Header/freq_array').shape.length === 2;
  const freqHz = file.finiteNumbers('Header/freq_array', withSpw ? [1, nFreqs] : [nFreqs]);
  if (freqHz.some(freq => freq <= 0)) file.refuse('Expected Header/freq_array to be positive');
  const scalar = file.metadata('Header/channel_width').shape.length === 0;
  // The sign only tells the order of the channels, which freq_array tells too.
  const widths = file.finiteNumbers('Header/channel_width', scalar ? [] : [nFreqs]).map(Math.abs);
  if (widths.includes(0)) file.refuse('Expected Header/channel_width to differ from 0');
  return { freqHz, channelWidthHz: scalar ? new Float64Array(nFreqs).fill(widths[0]!) : widths };
}

function readTimes(file: Hdf5File, nBlts: number) {
  for (const [name, shape] of [
    ['Header/ant_1_array', [nBlts]],
    ['Header/ant_2_array', [nBlts]],
    ['Header/uvw_array', [nBlts, 3]],
  ] as const) {
    const actual = file.metadata(name).shape;
    if (!sameShape(actual, shape)) file.refuse(`Expected ${name} to have the shape (${shape}) but it has (${actual})`);
  }
  const timeJd = file.finiteNumbers('Header/time_array', [nBlts]);
  const integrationSec = file.finiteNumbers('Header/integration_time', [nBlts]);
  if (integrationSec.some(seconds => seconds <= 0)) file.refuse('Expected Header/integration_time to be positive');
  return { firstTimeJd: timeJd[0]!, lastTimeJd: timeJd[nBlts - 1]!, integrationSec: integrationSec[0]! };
}

/** The declination comes from extra_keywords alone: the phase-center catalogue of a drift scan holds the latitude. */
function readPointing(file: Hdf5File) {
  const dec = 'Header/extra_keywords/phase_center_dec';
  const extraKeywords = Object.fromEntries(
    file
      .namesIn('Header/extra_keywords')
      .map(name => [name, file.scalar(`Header/extra_keywords/${name}`)] as const)
      .filter((entry): entry is readonly [string, string | number | boolean] => entry[1] !== undefined),
  );
  return {
    phaseType: optionalText(file, 'Header/phase_type'),
    hasPhaseCenterCatalog: file.has('Header/phase_center_catalog'),
    pointingDecDeg: file.has(dec) ? file.number(dec) * radian : undefined,
    extraKeywords,
  };
}

function optionalText(file: Hdf5File, name: string): string | undefined {
  return file.has(name) ? file.text(name) : undefined;
}
