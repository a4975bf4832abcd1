import { createHash } from 'node:crypto';

/**
 * SHA-256 of everything that decides the content of a product. Two products with one recipe have the same bytes, so one
 * that exists need not be made again.
 *
 * @param ingredients - JSON-like; the order of keys does not matter, keys that are undefined count as absent.
 */
export function recipeOf(ingredients: unknown): string {
  return createHash('sha256').update(canonicalJson(ingredients)).digest('hex');
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    inner !== null && typeof inner === 'object' && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
