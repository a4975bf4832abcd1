/** Red, green and blue, 0 to 255. */
export type Rgb = readonly [number, number, number];

/**
 * Polynomial in t, degree 6, for red, green and blue of matplotlib's inferno: perceptually uniform, dark to bright.
 * Within 3 % of the table (fit by M. Zucker, public domain).
 */
const inferno: readonly Rgb[] = [
  [0.0002189403691192265, 0.001651004631001012, -0.01948089843709184],
  [0.1065134194856116, 0.5639564367884091, 3.932712388889277],
  [11.60249308247187, -3.972853965665698, -15.9423941062914],
  [-41.70399613139459, 17.43639888205313, 44.35414519872813],
  [77.162935699427, -33.40235894210092, -81.80730925738993],
  [-71.31942824499214, 32.62606426397723, 73.20951985803202],
  [25.13112622477341, -12.24266895238567, -23.07032500287172],
];

export const colorMaps = ['inferno', 'gray'] as const;
export type ColorMap = (typeof colorMaps)[number];

/** 256 colors from the least to the greatest value. */
export function colorTable(map: ColorMap): Rgb[] {
  return Array.from({ length: 256 }, (_, i): Rgb => (map === 'gray' ? [i, i, i] : evaluate(inferno, i / 255)));
}

function evaluate(polynomial: readonly Rgb[], t: number): Rgb {
  const channel = (k: 0 | 1 | 2) => {
    const value = polynomial.reduceRight((sum, coefficients) => sum * t + coefficients[k], 0);
    return Math.round(255 * Math.min(1, Math.max(0, value)));
  };
  return [channel(0), channel(1), channel(2)];
}

/** For pixels without a value: in neither map. */
export const noValueColor: Rgb = [72, 84, 96];
