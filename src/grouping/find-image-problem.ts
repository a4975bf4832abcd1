import { open } from 'node:fs/promises';

const blockBytes = 2880;
const cardBytes = 80;
const maxBlocks = 64;

/**
 * What keeps a file from being the image of a tile that a mosaic is made of, if anything: it is there, can be read, is FITS
 * and whole, has two axes at least, is in Jy/beam and says of what beam.
 */
export async function findImageProblem(path: string): Promise<string | undefined> {
  try {
    const file = await open(path, 'r');
    try {
      const stat = await file.stat();
      if (!stat.isFile()) return `${path} is no file`;
      const cards = new Map<string, string>();
      let headerBytes = 0;
      for (; !cards.has('END'); headerBytes += blockBytes) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(blockBytes), 0, blockBytes, headerBytes);
        if (headerBytes === 0 && !buffer.toString('latin1').startsWith('SIMPLE  =')) return `${path} is no FITS file`;
        if (bytesRead < blockBytes || headerBytes > maxBlocks * blockBytes) return `The header of ${path} has no end`;
        readCards(buffer.toString('latin1'), cards);
      }
      return problemOfHeader(path, cards, stat.size - headerBytes);
    } finally {
      await file.close();
    }
  } catch (error) {
    return `${path} cannot be read: ${(error as Error).message}`;
  }
}

function readCards(block: string, cards: Map<string, string>): void {
  for (let start = 0; start < block.length; start += cardBytes) {
    const card = block.slice(start, start + cardBytes);
    const value = /^.{8}= *('(?:[^']|'')*'|[^/]*)/.exec(card)?.[1] ?? '';
    cards.set(card.slice(0, 8).trim(), value.replaceAll("'", '').trim());
  }
}

function problemOfHeader(path: string, cards: ReadonlyMap<string, string>, dataBytes: number): string | undefined {
  const number = (key: string) => Number(cards.get(key) ?? NaN);
  const naxis = number('NAXIS');
  if (!(naxis >= 2)) return `${path} is no image: it has ${cards.get('NAXIS') ?? 'no'} axes`;
  let bytes = Math.abs(number('BITPIX')) / 8;
  for (let axis = 1; axis <= naxis; axis++) bytes *= number(`NAXIS${axis}`);
  if (!(bytes > 0) || !(dataBytes >= bytes)) return `${path} is cut off: it holds ${dataBytes} of ${bytes} bytes`;
  if (cards.get('BUNIT')?.toLowerCase() !== 'jy/beam')
    return `${path} is no image of the sky: its unit is ${cards.get('BUNIT') ?? 'missing'}; expected Jy/beam`;
  if (!(number('BMAJ') > 0)) return `${path} is no restored image: it names no beam`;
  return undefined;
}
