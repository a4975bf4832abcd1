import { basename } from 'node:path';

import { checkMosaicGroup, memberViolations, newMosaicGroupId, planMosaicGroups } from '../grouping/index.js';
import type { Violation } from '../grouping/index.js';
import type { MosaicGroupRow, Product, Registry } from '../registry/index.js';
import type { CheckedConfig } from './pipeline-config.js';
import { recipeOf } from './recipe.js';
import type { Reporter } from './reporter.js';
import { optionsOf, toMember } from './stage-files.js';
import type { TileMember } from './stage-files.js';

/** Mosaic groups that were formed with the same options, by this run or an earlier one. */
export async function currentMosaicGroups(config: CheckedConfig, registry: Registry): Promise<MosaicGroupRow[]> {
  const groups = await registry.mosaicGroups.list();
  return groups.filter(group => group.options === config.optionsHash);
}

/**
 * Puts tiles into new mosaic groups, as far as they fill them: those of earlier runs too, whose correlator files may be
 * gone. A group with a tile that may be in none is refused, for the record; then that tile is left out, so that it blocks
 * no other.
 */
export async function formMosaics(config: CheckedConfig, registry: Registry, reporter: Reporter): Promise<void> {
  const { grouping, work } = config;
  const used = new Set((await currentMosaicGroups(config, registry)).flatMap(group => group.members));
  const fit: TileMember[] = [];
  const unfit = new Map<TileMember, Violation>();
  for (const tile of await currentTiles(config, registry)) {
    if (used.has(basename(tile.path)) && grouping.overlap === 0) continue;
    const member = await toMember(tile, work, (await registry.groups.get(tile.groupId!))?.state);
    const [violation] = memberViolations(member);
    if (violation) unfit.set(member, violation);
    else fit.push(member);
  }
  for (const members of planMosaicGroups([...fit, ...unfit.keys()], grouping, used).groups) {
    if (members.some(member => unfit.has(member))) await refuseUnlessSound(members, config, registry);
  }
  for (const [{ id }, { rule, message }] of unfit) if (!used.has(id)) reporter.leaveOut(id, rule, message);
  const { groups, waiting } = planMosaicGroups(fit, grouping, used);
  for (const { tile, reason } of waiting) {
    reporter.leaveOut(tile.id, reason, waitingReasons[reason](grouping.groupSize));
  }
  for (const members of groups) await formMosaic(members, config, registry, reporter);
}

/** The only place where a mosaic group is formed: whatever proposed it, it is checked against every rule. */
async function formMosaic(
  tiles: readonly TileMember[],
  config: CheckedConfig,
  registry: Registry,
  reporter: Reporter,
): Promise<void> {
  const name = nameOf(tiles, config);
  const { violations, warnings } = await refuseUnlessSound(tiles, config, registry);
  if (violations.length > 0) {
    reporter.leaveOut(name, violations[0]!.rule, violations.map(({ message }) => message).join('; '));
    return;
  }
  const members = tiles.map(tile => tile.id);
  const newId = (attempt: number) => newMosaicGroupId(tiles, attempt);
  await registry.mosaicGroups.form({ name, members, options: config.optionsHash, newId, note: warnings.join('; ') });
}

/** Checks a candidate. One that breaks a rule is recorded with all that it breaks: the alert of refused groups counts it. */
async function refuseUnlessSound(tiles: readonly TileMember[], config: CheckedConfig, registry: Registry) {
  const check = checkMosaicGroup(tiles, config.grouping);
  const reasons = check.violations.map(({ message }) => message);
  if (reasons.length > 0) await registry.mosaicGroups.refuse(nameOf(tiles, config), reasons);
  return check;
}

function nameOf(tiles: readonly TileMember[], { optionsHash }: CheckedConfig): string {
  const members = tiles.map(tile => tile.id);
  return `${members[0]}_${recipeOf([members, optionsHash]).slice(0, 8)}`;
}

/** All tiles that were made with these options. */
async function currentTiles({ tileOptionsHash }: CheckedConfig, registry: Registry): Promise<Product[]> {
  const tiles = await registry.products.list({ kind: 'tile', state: 'staged' });
  return tiles.filter(tile => optionsOf(tile) === tileOptionsHash);
}

const waitingReasons = {
  TOO_FEW_TILES: (size: number) => `It waits for more tiles: a mosaic takes ${size}`,
  GAP: () => 'Its neighbors are too far in time',
  SPAN: (size: number) => `${size} tiles would span too long a time`,
  DECLINATION: () => 'Its neighbors point to other declinations',
};
