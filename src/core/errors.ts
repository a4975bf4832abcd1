/**
 * Every error that contimg raises on purpose: a class and a literal `code` each. Messages say what was expected, what
 * came, in which file and what to do. docs/errors.md lists them for operators.
 */

const mark = Symbol.for('contimg.error');

abstract class ContimgError extends Error {
  abstract readonly code: string;
  constructor(message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.name = new.target.name;
    Object.defineProperty(this, mark, { value: true });
  }
}

/** An error that concerns one file or folder. */
abstract class PathError extends ContimgError {
  /** The file or folder concerned. */
  readonly path: string;
  constructor(path: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.path = path;
  }
}

/** An argument is of the wrong kind or out of range. Raised before any work starts. */
export class InvalidArgumentError extends ContimgError {
  readonly code = 'INVALID_ARGUMENT';
}

/** A file or folder cannot be opened, read or written: missing, forbidden, or the disk fails. */
export class FileAccessError extends PathError {
  readonly code = 'FILE_ACCESS';
}

/** The disk is full, or has less free space than the output needs. */
export class DiskFullError extends PathError {
  readonly code = 'DISK_FULL';
  /** How much the output takes, where that was known before it was begun. */
  readonly neededBytes: number | undefined;
  /** How much was free then. */
  readonly freeBytes: number | undefined;
  constructor(
    path: string,
    message: string,
    { neededBytes, freeBytes, ...options }: { cause?: unknown; neededBytes?: number; freeBytes?: number } = {},
  ) {
    super(path, message, options);
    this.neededBytes = neededBytes;
    this.freeBytes = freeBytes;
  }
}

/** The output exists already; nothing was changed. */
export class OutputExistsError extends PathError {
  readonly code = 'OUTPUT_EXISTS';
}

/** A file is not UVH5 as contimg understands it: not HDF5, truncated, a dataset missing or of a wrong shape or type. */
export class Uvh5FormatError extends PathError {
  readonly code = 'UVH5_FORMAT';
}

/** The files given as one group are of different observations. */
export class InconsistentGroupError extends ContimgError {
  readonly code = 'INCONSISTENT_GROUP';
}

/** A group lacks subbands that the operation needs, or holds one twice. */
export class IncompleteGroupError extends ContimgError {
  readonly code = 'INCOMPLETE_GROUP';
}

/** A MeasurementSet cannot be read, or failed its validation. */
export class MeasurementSetError extends PathError {
  readonly code = 'MEASUREMENT_SET';
}

/** A FITS file cannot be read, or lacks what the operation needs. */
export class FitsFormatError extends PathError {
  readonly code = 'FITS_FORMAT';
}

/** A calibration table cannot be read, or is not what it must be; the message tells what is wrong with it. */
export class CalibrationTableError extends PathError {
  readonly code = 'CALIBRATION_TABLE';
}

/** Solutions are not fit to be applied: they did not pass the gate of their quality. */
export class CalibrationFailedError extends ContimgError {
  readonly code = 'CALIBRATION_FAILED';
}

/** Every visibility is flagged, or of weight zero, or an autocorrelation: there is nothing to image. */
export class NoValidDataError extends ContimgError {
  readonly code = 'NO_VALID_DATA';
}

/** The tiles do not combine to one mosaic. */
export class MosaicError extends ContimgError {
  readonly code = 'MOSAIC';
}

/** A mosaic group of the same tiles, with the same options, was formed already. */
export class DuplicateGroupError extends ContimgError {
  readonly code = 'DUPLICATE_GROUP';
  /** The id of that group. */
  readonly groupId: string;
  constructor(groupId: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.groupId = groupId;
  }
}

/** A path would leave its root, or is not a name that contimg writes. */
export class UnsafePathError extends PathError {
  readonly code = 'UNSAFE_PATH';
}

/** Something else already stands where a product is to be published. */
export class ProductConflictError extends PathError {
  readonly code = 'PRODUCT_CONFLICT';
}

/** Another process is publishing the product, or its next attempt is not due yet: nothing is wrong, try later. */
export class PublishDeferredError extends ContimgError {
  readonly code = 'PUBLISH_DEFERRED';
  /** ISO 8601, UTC: when it may be tried, if nothing happens meanwhile. */
  readonly until: string;
  constructor(until: string, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.until = until;
  }
}

/** Publishing was given up, since the last error does not pass by itself or after too many attempts. */
export class PublishFailedError extends ContimgError {
  readonly code = 'PUBLISH_FAILED';
}

/** The registry refuses: an unknown product, an illegal transition, a damaged database. */
export class RegistryError extends ContimgError {
  readonly code = 'REGISTRY';
}

/** Another process is running on the same work folder. */
export class WorkFolderBusyError extends PathError {
  readonly code = 'WORK_FOLDER_BUSY';
}

/** The native part is not built, or does not load. */
export class NativeAddonMissingError extends ContimgError {
  readonly code = 'NATIVE_ADDON_MISSING';
}

/** A fault of contimg itself. */
export class InternalError extends ContimgError {
  readonly code = 'INTERNAL';
}

export type PipelineError =
  | InvalidArgumentError
  | FileAccessError
  | DiskFullError
  | OutputExistsError
  | Uvh5FormatError
  | InconsistentGroupError
  | IncompleteGroupError
  | MeasurementSetError
  | FitsFormatError
  | CalibrationTableError
  | CalibrationFailedError
  | NoValidDataError
  | MosaicError
  | DuplicateGroupError
  | UnsafePathError
  | ProductConflictError
  | PublishDeferredError
  | PublishFailedError
  | RegistryError
  | WorkFolderBusyError
  | NativeAddonMissingError
  | InternalError;

export type ErrorCode = PipelineError['code'];

/**
 * Tells whether `error` is one of contimg's, and, with codes given, one of those. Works across two copies of the package.
 *
 * @example
 * if (isPipelineError(error, 'INCOMPLETE_GROUP', 'UVH5_FORMAT')) report(error.message);
 */
export function isPipelineError<C extends ErrorCode = ErrorCode>(
  error: unknown,
  ...codes: C[]
): error is Extract<PipelineError, { code: C }> {
  if (typeof error !== 'object' || error === null || !(mark in error)) return false;
  return codes.length === 0 || codes.includes((error as unknown as PipelineError).code as C);
}

const pathErrors = {
  FILE_ACCESS: FileAccessError,
  OUTPUT_EXISTS: OutputExistsError,
  UVH5_FORMAT: Uvh5FormatError,
  MEASUREMENT_SET: MeasurementSetError,
  FITS_FORMAT: FitsFormatError,
  CALIBRATION_TABLE: CalibrationTableError,
};

const plainErrors = {
  INVALID_ARGUMENT: InvalidArgumentError,
  INCONSISTENT_GROUP: InconsistentGroupError,
  INCOMPLETE_GROUP: IncompleteGroupError,
  NO_VALID_DATA: NoValidDataError,
  MOSAIC: MosaicError,
  INTERNAL: InternalError,
};

/** The class for what native code raised (a plain Error with `code` and perhaps `path`); anything else as it is. */
export function fromNative(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { code, path = '', ...numbers } = error as Error & { code?: string; path?: string };
  if (code === undefined) return error;
  if (code === 'DISK_FULL') return new DiskFullError(path, error.message, numbers);
  if (code in pathErrors) return new pathErrors[code as keyof typeof pathErrors](path, error.message);
  if (code in plainErrors) return new plainErrors[code as keyof typeof plainErrors](error.message);
  return error;
}
