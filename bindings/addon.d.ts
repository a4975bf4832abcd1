/**
 * The raw addon: the contract between C++ and TypeScript. Arguments are checked on the TypeScript side; every array is
 * in C order; angles are radians, times UTC MJD seconds. Jobs take the progress callback as their last argument.
 */

/** Typed arrays that cross to and from native code. */
export type NumberArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** An array as the addon takes and gives it: C order, complex numbers with a trailing axis of 2. */
export interface RawArray<D extends NumberArray> {
  readonly data: D;
  readonly shape: readonly number[];
}

/** A running native job. */
export interface NativeJob<T> {
  readonly promise: Promise<T>;
  cancel(): void;
}

export interface RawDirection {
  raRad: number;
  decRad: number;
}

export interface RawSite {
  longitudeRad: number;
  latitudeRad: number;
  heightMeters: number;
}

export interface RawEarthOrientation {
  ut1MinusUtcSec: number;
  xPoleArcsec: number;
  yPoleArcsec: number;
}

export type Progress = ((fraction: number) => void) | undefined;

/** coordinates.cpp */
export interface CoordinatesAddon {
  meridianIcrs(options: {
    apparentDecRad: number;
    timeMjdSec: number;
    site: RawSite;
    earthOrientation: RawEarthOrientation;
  }): RawDirection;
  /** Unit vector [x, y, z] on ITRF axes. */
  apparentItrf(options: {
    direction: RawDirection;
    timeMjdSec: number;
    site: RawSite;
    earthOrientation: RawEarthOrientation;
  }): number[];
  /** Moves visibilities (rows, channels, pols, 2) to another phase center. */
  rephase(
    options: {
      site: RawSite;
      earthOrientation: RawEarthOrientation;
      /** (antennas, 3) */
      positionsMeters: RawArray<Float64Array>;
      freqHz: RawArray<Float64Array>;
      timeMjdSec: RawArray<Float64Array>;
      /** (integrations, 3): right ascension, declination, 0. */
      phaseCentersRad: RawArray<Float64Array>;
      timeIndex: RawArray<Uint32Array>;
      antenna1: RawArray<Uint32Array>;
      antenna2: RawArray<Uint32Array>;
      uvwMeters: RawArray<Float64Array>;
      visibilities: RawArray<Float32Array>;
      center: RawDirection;
      threads: number;
    },
    onProgress: Progress,
  ): NativeJob<{ uvwMeters: RawArray<Float64Array>; visibilities: RawArray<Float32Array> }>;
}

/** Where visibilities come from (source.cpp). */
export type RawSource = {
  phaseCenter?: RawDirection | undefined;
  /** (rows, channels, pols) of the source, not 0: flagged. */
  flags?: RawArray<Uint8Array> | undefined;
  calibration?: readonly RawSolutions[] | undefined;
  /** That apply the calibration. Absent, or 0: all cores. */
  threads?: number | undefined;
} & (
  | { kind: 'uvh5'; paths: readonly string[]; minSubbands: number; earthOrientation: RawEarthOrientation }
  | ({ kind: 'ms'; path: string; earthOrientation: RawEarthOrientation } & RawMsChoice)
);

/** Which fields and data descriptions of a MeasurementSet to read, and which column; empty: what goes together. */
export interface RawMsChoice {
  dataColumn: string;
  fieldIds: readonly number[];
  fieldNames: readonly string[];
  dataDescriptions: readonly number[];
}

/** An observation as a visibility source describes it; docs/conventions.md sections 1 to 7. */
export interface RawObservation {
  telescopeName: string;
  site: RawSite;
  earthOrientation: RawEarthOrientation;
  /** `positionMeters`: ITRF, absolute. */
  antennas: { name: string; positionMeters: number[]; diameterMeters: number }[];
  freqHz: RawArray<Float64Array>;
  channelWidthHz: RawArray<Float64Array>;
  spwFirstChannel: number[];
  polarizations: number[];
  timeMjdSec: RawArray<Float64Array>;
  integrationSec: RawArray<Float64Array>;
  phaseCenters: RawDirection[];
  pointings: RawDirection[];
  /** Per row. */
  timeIndex: RawArray<Uint32Array>;
  antenna1: RawArray<Uint32Array>;
  antenna2: RawArray<Uint32Array>;
  /** (rows, 3) */
  uvwMeters: RawArray<Float64Array>;
  history: string[];
}

/** What one UVH5 file says about itself, in its own orders. */
export interface RawUvh5Header {
  nBlts: number;
  nFreqs: number;
  nPols: number;
  nSpws: number;
  nTimes: number;
  nAntsData: number;
  hasSpwAxis: boolean;
  visibilityType: 'complex64' | 'complex128' | 'int32';
  telescopeName: string;
  instrument: string;
  objectName: string;
  longitudeDeg: number;
  latitudeDeg: number;
  heightMeters: number;
  antennaNumbers: number[];
  antennaNames: string[];
  /** (antennas, 3), flattened. */
  antennaPositionsMeters: number[];
  antennaDiametersMeters?: number[];
  freqHz: number[];
  channelWidthHz: number[];
  polarizations: number[];
  firstTimeJd: number;
  lastTimeJd: number;
  integrationSec: number;
  phaseType?: string;
  hasPhaseCenterCatalog: boolean;
  pointingDecRad?: number;
  extraKeywords: Record<string, string | number | boolean>;
}

/** uvh5.cpp */
export interface Uvh5Addon {
  readUvh5Header(options: { path: string }): NativeJob<RawUvh5Header>;
  /**
   * (rows, channels, pols[, 2]) of one file, as they are, and the rows' numbers. `polarizations` are indices, antennas
   * numbers, `baselines` pairs of them, flattened.
   */
  readUvh5(
    options: {
      path: string;
      firstRow?: number | undefined;
      nRows?: number | undefined;
      firstTime?: number | undefined;
      nTimes?: number | undefined;
      antennas?: readonly number[] | undefined;
      baselines?: readonly number[] | undefined;
      autocorrelations: boolean;
      firstChannel?: number | undefined;
      nChannels?: number | undefined;
      polarizations?: readonly number[] | undefined;
      threads: number;
    },
    onProgress: Progress,
  ): NativeJob<{
    visibilities: RawArray<Float32Array | Float64Array | Int32Array>;
    flags: RawArray<Uint8Array>;
    nsamples: RawArray<Float32Array>;
    rows: RawArray<Uint32Array>;
  }>;
  describeSource(options: { source: RawSource }): NativeJob<RawObservation>;
  /** (rows, channels, pols[, 2]) of the whole source. */
  readSource(
    options: { source: RawSource },
    onProgress: Progress,
  ): NativeJob<{
    visibilities: RawArray<Float32Array>;
    flags: RawArray<Uint8Array>;
    weights: RawArray<Float32Array>;
  }>;
}

/** uvh5_write.cpp */
export interface Uvh5WriteAddon {
  /** Data are (rows, channels, pols[, 2]) in contimg's signs and orders. */
  writeUvh5(
    options: {
      path: string;
      layout: 'dsa110' | 'uvh5-1.2';
      /** Absent: all. */
      spw?: number | undefined;
      gzip: boolean;
      instrument: string;
      objectName: string;
      observation: Omit<RawObservation, 'pointings' | 'earthOrientation'>;
      /** Absent: not known, so that no sidereal time is written. */
      earthOrientation?: RawEarthOrientation | undefined;
      visibilities: RawArray<Float32Array>;
      flags: RawArray<Uint8Array>;
      weights: RawArray<Float32Array>;
    },
    onProgress: Progress,
  ): NativeJob<void>;
}

/** What stands in a MeasurementSet apart from its visibilities; with a selection, `observation` is that of the part. */
export interface RawMs {
  /** Rows of the main table. */
  nRows: number;
  fields: { name: string; center: RawDirection }[];
  /** Per integration. */
  fieldOfTime: number[];
  observation: RawObservation;
}

/** ms.cpp */
export interface MsAddon {
  convertToMs(
    options: {
      source: RawSource;
      path: string;
      fields: 'meridian' | 'single';
      phaseCenter?: RawDirection | undefined;
      /** Empty: the source's. */
      telescopeName: string;
      autocorrelations: boolean;
      spectralWindows: 'subbands' | 'one';
      modelData: boolean;
      correctedData: boolean;
      alwaysWeightSpectrum: boolean;
      /** Absent: none. */
      averaging?: { maxSmearing: number; fieldRadiusRad: number; maxIntervalSec: number } | undefined;
      validationIsFatal: boolean;
      firstYear: number;
      lastYear: number;
    },
    onProgress: Progress,
    /** Why the validation failed, where that is not fatal; empty: it did not. */
  ): NativeJob<string>;
  describeMs(options: { path: string } & RawMsChoice): NativeJob<RawMs>;
  /** (rows, channels, pols[, 2]) of consecutive integrations and spectral windows. */
  readMs(
    options: {
      path: string;
      firstTime: number;
      nTimes?: number | undefined;
      firstSpw: number;
      nSpws?: number | undefined;
    } & RawMsChoice,
    onProgress: Progress,
  ): NativeJob<
    RawMs & { visibilities: RawArray<Float32Array>; flags: RawArray<Uint8Array>; weights: RawArray<Float32Array> }
  >;
  validateMs(options: {
    path: string;
    firstYear: number;
    lastYear: number;
    uvwToleranceMeters: number;
  }): NativeJob<void>;
}

/** Gains of one term (solutions.cpp); V_12 = g_1 conj(g_2) M_12. */
export interface RawSolutions {
  term: 'delay' | 'bandpass' | 'gain';
  phaseOnly: boolean;
  /** Every antenna of the telescope. */
  antennas: readonly { name: string; positionMeters: readonly number[]; diameterMeters: number }[];
  telescopeName: string;
  phaseCenter: RawDirection;
  history: readonly string[];
  /** Into `antennas`; absent where it is not known. */
  reference?: number | undefined;
  /** Of those that were read. */
  fromOneSpw?: boolean | undefined;
  /** AIPS codes of the like-feed correlations. */
  feeds: readonly number[];
  timeMjdSec: readonly number[];
  intervalSec: readonly number[];
  freqHz: readonly number[];
  widthHz: readonly number[];
  /** Of each spectral window. */
  spwFirstBand: readonly number[];
  /** Complex (times, antennas, bands, feeds); of a delay: seconds, and turns at the center of the band. */
  values: RawArray<Float64Array>;
  /** Sigma of the real part. */
  errors: RawArray<Float32Array>;
  snr: RawArray<Float32Array>;
  /** 0 good, or why not: SolutionFlag of native/calibration/solutions.h. */
  flags: RawArray<Uint8Array>;
}

/** Unpolarized sources and what is between them and the telescope. */
export interface RawSkyModel {
  sources: {
    direction: RawDirection;
    fluxJy: number;
    referenceHz: number;
    /** log10(S / fluxJy) = sum_k logTerms[k] log10(nu / referenceHz)^(k+1) */
    logTerms: readonly number[];
    /** 0: a point. */
    majorRad: number;
    minorRad: number;
    positionAngleRad: number;
  }[];
  primaryBeam: boolean;
  smearing: boolean;
}

/** How visibilities are predicted: Prediction of native/calibration/model_visibilities.h. */
export type RawPrediction = 'cheapest' | 'channels' | 'nodes' | 'degridding';

/** calibration.cpp */
export interface CalibrationAddon {
  solveCalibration(
    options: {
      source: RawSource;
      model: RawSkyModel;
      term: RawSolutions['term'];
      phaseOnly: boolean;
      /** 0: the whole observation. */
      intervalSec: number;
      combineSpws: boolean;
      /** Name; empty: the healthiest. */
      reference: string;
      minBaselines: number;
      minSnr: number;
      robust: boolean;
      minBaselineMeters: number;
      /** Maxima of 0 are none. */
      maxBaselineMeters: number;
      minUvWavelengths: number;
      maxUvWavelengths: number;
      /** Middles of integrations, MJD seconds. */
      firstMjdSec: number;
      lastMjdSec: number;
      prior: readonly RawSolutions[];
      threads: number;
    },
    onProgress: Progress,
  ): NativeJob<RawSolutions>;
  /** `visibilities`: Stokes I, (rows, channels, 2). */
  predictVisibilities(
    options: { source: RawSource; model: RawSkyModel; method: RawPrediction; threads: number },
    onProgress: Progress,
  ): NativeJob<{ visibilities: RawArray<Float32Array>; method: Exclude<RawPrediction, 'cheapest'> }>;
  flagVisibilities(
    options: {
      source: RawSource;
      autocorrelations: boolean;
      shadowed: boolean;
      deadAntennas: boolean;
      interference: boolean;
      /** Of each spectral window, at either end. */
      edgeChannels: number;
      interferenceThresholdSigma: number;
      /** Of the rank operator. */
      eta: number;
      threads: number;
    },
    onProgress: Progress,
    /**
     * `reasons`: (rows, channels, pols), bits of native/calibration/flag_reason.h; `reasonCounts`: how often each of the
     * 256 combinations occurs; antennas are names.
     */
  ): NativeJob<{
    reasons: RawArray<Uint8Array>;
    reasonCounts: number[];
    deadAntennas: string[];
    shadowedAntennas: string[];
  }>;
  /** `msName`: of the data, may be empty. */
  writeCalibrationTable(options: { path: string; msName: string; solutions: RawSolutions }): NativeJob<void>;
  readCalibrationTable(options: { path: string }): NativeJob<RawSolutions>;
  /** Sets FLAG where a reason is not 0, and clears it elsewhere. */
  writeMsFlags(
    options: { path: string; reasons: RawArray<Uint8Array> } & Omit<RawMsChoice, 'dataColumn'>,
  ): NativeJob<void>;
  /** Writes CORRECTED_DATA and what goes with it into the MeasurementSet that is the source. */
  writeCalibratedMs(
    options: { source: RawSource; history: readonly string[] },
    onProgress: Progress,
  ): NativeJob<{ nVisibilities: number; nFlagged: number }>;
}

/** imaging.cpp */
export interface ImagingAddon {
  imageTile(options: RawImaging & { source: RawSource }, onProgress: Progress): NativeJob<RawTile>;
}

/** How visibilities are imaged (tile_arguments.cpp). */
export interface RawImaging {
  /** AIPS code, docs/conventions.md section 3. */
  stokesCode: number;
  /** Absent: all channels. */
  channelRange?: { first: number; end: number } | undefined;
  channelsOut: number;
  /** Absent: where the dishes look in the middle of the observation. */
  phaseCenter?: RawDirection | undefined;
  /** 0: from the data. */
  nx: number;
  ny: number;
  cellRad: number;
  /** Level of the primary beam out to which the image reaches where its size follows from the data. */
  fieldLevel: number;
  weighting: RawWeighting;
  epsilon: number;
  spectralIndex: number;
  spectralTerms: number;
  /** Subtracted before clean; `fluxJy` in the middle of the band, before the primary beam. */
  startModel: { direction: RawDirection; fluxJy: number; spectralIndex: number }[];
  niter: number;
  maxMajorCycles: number;
  gain: number;
  mgain: number;
  thresholdJyBeam: number;
  autoMaskSigma: number;
  autoThresholdSigma: number;
  multiscale: boolean;
  /** Full widths at half maximum; empty: from the beam. */
  scalesRad: number[];
  multiscaleScaleBias: number;
  /** In beams; 0: one noise for the whole image. */
  localRmsWindow: number;
  /** (ny, nx); pixels that are 0 are not cleaned. */
  mask?: RawArray<Uint8Array> | undefined;
  outerSources: boolean;
  pointSources: boolean;
  primaryBeamCutoff: number;
  /** 0: that of the antennas. */
  dishDiameterMeters: number;
  threads: number;
}

/** What an image says of its visibilities. */
export interface RawTileSummary {
  nVisibilities: number;
  nRows: number;
  nChannels: number;
  sumOfWeights: number;
  freqHz: number;
  bandwidthHz: number;
  startMjdSec: number;
  midMjdSec: number;
  exposureSec: number;
  telescopeName: string;
  history: string[];
}

/** A restored image's clean. */
export interface RawClean {
  cellRad: number;
  beamMajorRad: number;
  beamMinorRad: number;
  beamPositionAngleRad: number;
  cycles: { nComponents: number; modelFluxJy: number; peakJyBeam: number; rmsJyBeam: number; seconds: number }[];
  stop: 'threshold' | 'iterations' | 'majorCycles' | 'diverged';
}

export interface RawFittedSource {
  direction: RawDirection;
  apparentFluxJy: number;
}

/** Images are `(ny, nx)`. */
export interface RawTile extends RawTileSummary, RawClean {
  dirty: RawArray<Float32Array>;
  psf: RawArray<Float32Array>;
  model: RawArray<Float32Array>;
  residual: RawArray<Float32Array>;
  restored: RawArray<Float32Array>;
  restoredPb: RawArray<Float32Array>;
  weight: RawArray<Float32Array>;
  primaryBeam: RawArray<Float32Array>;
  /** With `spectralTerms` above 1. */
  spectralIndex?: RawArray<Float32Array>;
  center: RawDirection;
  outerSources: RawFittedSource[];
  pointSources: RawFittedSource[];
  /** 0: no primary beam. */
  dishDiameterMeters: number;
  rmsJyBeam: number;
  dirtyRmsJyBeam: number;
  firstChannel: number;
  endChannel: number;
  /** Of `channelsOut`. */
  part: number;
  /** The same of each of `channelsOut` parts of the channels, where there is more than one. */
  parts: RawTile[];
}

/** joint_mosaic.cpp */
export interface JointMosaicAddon {
  makeJointMosaic(
    options: RawImaging & { tiles: readonly { name: string; source: RawSource }[]; maxPixels: number },
    onProgress: Progress,
  ): NativeJob<RawJointMosaic>;
}

/** Images are `(ny, nx)`, not attenuated. */
export interface RawJointMosaic extends RawClean {
  mosaic: RawArray<Float32Array>;
  residual: RawArray<Float32Array>;
  model: RawArray<Float32Array>;
  weight: RawArray<Float32Array>;
  coverage: RawArray<Float32Array>;
  center: RawDirection;
  /** Of the fluxes. */
  freqHz: number;
  /** Pixel of `center`. */
  centerX: number;
  centerY: number;
  tiles: RawJointTile[];
}

export interface RawJointTile extends RawTileSummary {
  center: RawDirection;
  rmsJyBeam: number;
  nPixels: number;
  outerSources: RawFittedSource[];
}

/** Maxima of 0 are none. */
export interface RawWeighting {
  scheme: 'natural' | 'uniform' | 'briggs';
  /** Of briggs only. */
  robust: number;
  density: 'image' | 'all' | 'channel';
  minUvWavelengths: number;
  maxUvWavelengths: number;
  minBaselineMeters: number;
  maxBaselineMeters: number;
  taperRad: number;
  innerTukeyWavelengths: number;
  outerTukeyWavelengths: number;
}

/** Values of the gridder: all of one call are of one kind, which is the precision of its arithmetic. */
export type GridValues = Float32Array | Float64Array;

/** What gridding and degridding share; `uvwMeters` is (rows, 3), `weights` (rows, channels). */
export interface RawGridding<D extends GridValues = Float32Array> {
  uvwMeters: RawArray<Float64Array>;
  freqHz: RawArray<Float64Array>;
  weights: RawArray<D>;
  nx: number;
  ny: number;
  cellRad: number;
  epsilon: number;
  threads: number;
}

/** imaging_kernels.cpp */
export interface ImagingKernelsAddon {
  /** `visibilities` are (rows, channels, 2); gives (ny, nx). */
  gridVisibilities<D extends GridValues>(
    options: RawGridding<D> & { visibilities: RawArray<D> },
    onProgress: Progress,
  ): NativeJob<RawArray<D>>;
  /** `image` is (ny, nx); gives (rows, channels, 2), 0 where the weight is. */
  degridVisibilities<D extends GridValues>(
    options: RawGridding<D> & { image: RawArray<D> },
    onProgress: Progress,
  ): NativeJob<RawArray<D>>;
  /** Gives (rows, channels). */
  imagingWeights(
    options: Omit<RawGridding, 'epsilon' | 'threads'> & { weighting: RawWeighting },
  ): NativeJob<RawArray<Float32Array>>;
}

/** mosaic.cpp */
export interface MosaicAddon {
  reprojectImage(
    options: {
      image: RawArray<Float32Array>;
      grid: RawCelestialGrid;
      output: RawCelestialGrid;
      kernel: RawKernel;
      threads: number;
    },
    onProgress: Progress,
  ): NativeJob<RawArray<Float32Array>>;
  surveyTile(
    options: { tile: RawMosaicTile; cutoff: number; measuresRms: boolean; threads: number },
    onProgress: Progress,
  ): NativeJob<RawSurvey>;
  makeMosaic(
    options: {
      tiles: readonly RawMosaicTile[];
      output: RawCelestialGrid;
      cutoff: number;
      kernel: RawKernel;
      /** 0: reject nothing. */
      rejectSigmas: number;
      rejectFraction: number;
      compareTiles: boolean;
      /** Whether this product is wanted in memory. */
      chiSquare: boolean;
      /** Where given, products go to files, those that have an entry, and none comes back. */
      files?: Partial<Record<RawMosaicProduct, RawFitsTarget>>;
      threads: number;
    },
    onProgress: Progress,
  ): NativeJob<
    Partial<Record<RawMosaicProduct, RawArray<Float32Array>>> & {
      tiles: RawTileResult[];
      /** A line that is known only when the mosaic is made, and stands in the files' HISTORY already; '' if there is none. */
      history: string;
    }
  >;
}

export type RawMosaicProduct = 'mosaic' | 'weight' | 'rms' | 'coverage' | 'chiSquare';
export type RawKernel = 'bilinear' | 'bicubic' | 'lanczos3' | 'optimal' | 'adaptive';

/** native/mosaic/celestial_grid.h */
export interface RawCelestialGrid {
  projection: 'SIN' | 'TAN' | 'ZEA' | 'CAR';
  slantX: number;
  slantY: number;
  /** Radians per pixel. */
  matrix: readonly number[];
  referenceX: number;
  referenceY: number;
  axisL: readonly number[];
  axisM: readonly number[];
  axisN: readonly number[];
  nx: number;
  ny: number;
}

export type RawPixels = RawArray<Float32Array> | { readonly path: string };

export interface RawMosaicTile {
  image: RawPixels;
  primaryBeam:
    | RawPixels
    | {
        diameterMeters: number;
        freqsHz: readonly number[];
        weights: readonly number[];
        pointings: readonly RawDirection[];
      }
    | { anglesRad: readonly number[]; power: readonly number[]; pointings: readonly RawDirection[] };
  noise?: RawPixels;
  sigma: number;
  scale: number;
  grid: RawCelestialGrid;
  /** Covariance of the beam, once convolved, whose shape the noise has, pixel^2. */
  noiseBeam: RawCovariance;
  /** Covariances of the beams, pixel^2, and what the noise is multiplied by. */
  convolution?: { from: RawCovariance; to: RawCovariance; noiseGrowth: number };
}

export interface RawCovariance {
  xx: number;
  xy: number;
  yy: number;
}

/** native/mosaic/survey.h; `outline` is (n, 2): right ascension and declination. */
export interface RawSurvey {
  outline: RawArray<Float64Array>;
  nCounting: number;
  beamPeak: number;
  rms: number;
  peak: number;
}

/** native/mosaic/block_combiner.h: TileResult and Agreement. */
export interface RawTileResult {
  nPixels: number;
  nRejected: number;
  chiSquare: number;
  nCompared: number;
  fluxRatio: number;
  offsetX: number;
  offsetY: number;
  nBright: number;
}

/** fits.cpp */
export interface FitsAddon {
  writeFitsImage(options: RawFitsTarget & { pixels: RawArray<Float32Array> }, onProgress: Progress): NativeJob<void>;
  readFitsHeader(options: { path: string }, onProgress: Progress): NativeJob<RawFitsHeader>;
  readFitsImage(
    options: { path: string },
    onProgress: Progress,
  ): NativeJob<{ pixels: RawArray<Float32Array>; cards: RawFitsCard[]; history: string[] }>;
  /** `pixels`, of the image's shape, are overwritten. */
  readFitsInto(
    options: { path: string; pixels: RawArray<Float32Array> },
    onProgress: Progress,
  ): NativeJob<RawFitsHeader>;
}

export interface RawFitsHeader {
  nx: number;
  ny: number;
  cards: RawFitsCard[];
  history: string[];
}

/** A FITS file to be written. */
export interface RawFitsTarget {
  path: string;
  cards: readonly RawFitsCard[];
  history: readonly string[];
  overwrite: boolean;
}

export interface RawFitsCard {
  key: string;
  value: string | number | boolean;
  comment: string;
  /** A number is written without decimal point. */
  integer: boolean;
}

/** simulation.cpp */
export interface SimulationAddon {
  /** Writes the subband files of one tile: all, or none when it fails or is cancelled. */
  simulateTile(
    options: {
      /** One per subband, highest frequency first; none may exist. */
      paths: readonly string[];
      telescopeName: string;
      site: RawSite;
      earthOrientation: RawEarthOrientation;
      pointingDecRad: number;
      /** Every pad, in the order of its number; `activePads` are 1-based numbers. */
      pads: readonly { site: RawSite }[];
      activePads: readonly number[];
      dishDiameterMeters: number;
      primaryBeam: boolean;
      /** Integration centers. */
      timesJd: readonly number[];
      timesMjdSec: readonly number[];
      integrationSec: number;
      /** Center of the highest channel; channels descend from it. */
      firstChannelHz: number;
      channelWidthHz: number;
      nChannelsPerSubband: number;
      sources: readonly { direction: RawDirection; fluxJy: number; spectralIndex: number }[];
      referenceHz: number;
      /** Complex (antennas in use, channels of all subbands, 2 pols). */
      gains?: RawArray<Float64Array>;
      noiseSigmaJy: number;
      seed: number;
      tile: number;
      threads: number;
    },
    onProgress: Progress,
  ): NativeJob<undefined>;
}

/** job.cpp */
export interface JobAddon {
  /** Cancels the jobs of this thread of JavaScript, or of all, and waits until their threads have ended. */
  stopJobs(all: boolean): void;
}

export interface Addon
  extends
    JobAddon,
    CoordinatesAddon,
    Uvh5Addon,
    Uvh5WriteAddon,
    MsAddon,
    CalibrationAddon,
    ImagingAddon,
    ImagingKernelsAddon,
    MosaicAddon,
    JointMosaicAddon,
    FitsAddon,
    SimulationAddon {}
