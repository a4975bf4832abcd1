import { DiskFullError, FileAccessError } from './errors.js';

/** The class for what the file system refused, with the path in its message; anything else as it is. */
export function fromFileSystem(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('syscall' in error)) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new DiskFullError(path, `The disk is full: ${path} cannot be written. Free space`, { cause: error });
  }
  return new FileAccessError(path, `Expected to read or write ${path}, but the system says: ${message}`, {
    cause: error,
  });
}
