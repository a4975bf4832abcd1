/** A line as FITS takes it: what is no printable ASCII becomes a question mark. */
export function toAscii(line: string): string {
  return line.replace(/[^ -~]/gu, '?');
}
