import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createContext, runInContext } from 'node:vm';

interface FitsjsHeader {
  get(key: string): string | number | boolean | null;
}

interface FitsjsImage {
  blob: Blob;
  bitpix: number;
  bzero: number;
  bscale: number;
  width: number;
  height: number;
  frameLength: number;
  frameOffsets: { begin: number }[];
  _getFrame(buffer: ArrayBuffer, bitpix: number, bzero: number, bscale: number): Float32Array;
}

/** What a browser's FileReader does, as far as fitsjs uses it. */
class FileReaderShim {
  onloadend: (event: { target: { result: ArrayBuffer } }) => void = () => {};
  readAsArrayBuffer(blob: Blob): void {
    void blob.arrayBuffer().then(result => this.onloadend({ target: { result } }));
  }
}

/** Reads the primary HDU of a FITS file with fitsjs, the reader that browsers use. It is a classic browser script. */
export async function readWithFitsjs(path: string): Promise<{
  header: FitsjsHeader;
  nx: number;
  ny: number;
  pixels: Float32Array;
}> {
  const source = readFileSync(createRequire(import.meta.url).resolve('fitsjs/lib/fits.js'), 'utf8');
  const window: Record<string, unknown> = { Blob, File: Blob, FileReader: FileReaderShim, console };
  for (const type of [ArrayBuffer, DataView, Uint8Array, Int16Array, Uint16Array, Int32Array, Uint32Array])
    window[type.name] = type;
  Object.assign(window, { Float32Array, Float64Array, window });
  runInContext(source, createContext(window));
  const { FITS } = (window as { astro: { FITS: FitsConstructor } }).astro;
  const hdu = await new Promise<ReturnType<FitsFile['getHDU']>>(resolve => {
    new FITS(new Blob([readFileSync(path)]), function (this: FitsFile) {
      resolve(this.getHDU());
    });
  });
  const image = hdu.data;
  const { begin } = image.frameOffsets[0]!;
  const buffer = await image.blob.slice(begin, begin + image.frameLength).arrayBuffer();
  const pixels = image._getFrame(buffer, image.bitpix, image.bzero, image.bscale);
  return { header: hdu.header, nx: image.width, ny: image.height, pixels };
}

interface FitsFile {
  getHDU(): { header: FitsjsHeader; data: FitsjsImage };
}
type FitsConstructor = new (blob: Blob, callback: (this: FitsFile) => void) => unknown;
