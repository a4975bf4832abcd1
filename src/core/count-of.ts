/** A number with what is counted, whose plural ends in s: `1 tile`, `2 tiles`. */
export function countOf(n: number, noun: string): string {
  return `${n} ${noun}${n === 1 ? '' : 's'}`;
}
