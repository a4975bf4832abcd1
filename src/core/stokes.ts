/** FITS codes of what an image may show (Greisen & Calabretta 2002, table 29): docs/conventions.md section 3. */
export const stokesCodes = Object.freeze({
  ...{ I: 1, Q: 2, U: 3, V: 4 },
  ...{ RR: -1, LL: -2, RL: -3, LR: -4 },
  ...{ XX: -5, YY: -6, XY: -7, YX: -8 },
});

/** A Stokes parameter or a correlation of two feeds. */
export type Stokes = keyof typeof stokesCodes;

/** The name of a FITS code; undefined where it has none. */
export function stokesOfCode(code: number): Stokes | undefined {
  return (Object.keys(stokesCodes) as Stokes[]).find(name => stokesCodes[name] === code);
}
