import { expect, it } from 'vitest';

import type { NewCalibrationSet } from '../../src/registry/index.js';
import { onEmptyRegistries } from '../support/empty-registries.js';

onEmptyRegistries('a calibration set', at => {
  const t0 = 5276095200.123456;
  const hour = 3600;
  const set = (id: string, fromHours: number, toHours: number): NewCalibrationSet => ({
    id,
    tables: [
      { path: `cal/${id}.K`, term: 'delay' },
      { path: `cal/${id}.B`, term: 'bandpass' },
    ],
    validFromMjdSec: t0 + fromHours * hour,
    validToMjdSec: t0 + toHours * hour,
  });
  const validAt = async (hours: number) =>
    (await at.registry.calibrationSets.validAt(t0 + hours * hour)).map(({ id }) => id);

  it('is read back as it was registered, its tables in order', async () => {
    await at.registry.groups.record({ id: 'g', files: [] });
    const full = { ...set('a', -12, 12), sourceGroupId: 'g', metadata: { refAnt: '103', snr: 31.5 } };
    await at.registry.calibrationSets.register(full);
    expect(await at.registry.calibrationSets.get('a')).toEqual({ ...full, state: 'active', reason: undefined });
    expect(await at.registry.calibrationSets.get('b')).toBeUndefined();
  });

  it('is valid from the start of its window to its end, before its observation as well as after', async () => {
    await at.registry.calibrationSets.register(set('a', -12, 12));
    for (const hours of [-12, -1, 0, 12]) expect(await validAt(hours), `${hours}`).toEqual(['a']);
    for (const hours of [-12.001, 12.001, 100]) expect(await validAt(hours), `${hours}`).toEqual([]);
  });

  it('is chosen by the middle of its window; of equals the last one', async () => {
    await at.registry.calibrationSets.register(set('early', -24, 0));
    await at.registry.calibrationSets.register(set('late', -4, 4));
    expect(await validAt(-1)).toEqual(['late', 'early']);
    expect(await validAt(-4)).toEqual(['late', 'early']);
    expect(await validAt(-10)).toEqual(['early']);
  });

  it('that fails or is retired is not applied, until it is taken up again; its history tells why', async () => {
    await at.registry.calibrationSets.register(set('a', -12, 12));
    await at.registry.calibrationSets.setState('a', 'failed', 'cal/a.B lacks the column CPARAM');
    expect(await validAt(0)).toEqual([]);
    expect(await at.registry.calibrationSets.get('a')).toMatchObject({ state: 'failed', reason: /CPARAM/ });
    await expect(at.registry.calibrationSets.setState('a', 'retired')).rejects.toMatchObject({ code: 'REGISTRY' });
    await at.registry.calibrationSets.setState('a', 'active');
    expect(await validAt(0)).toEqual(['a']);
    expect((await at.registry.history('a')).map(event => event.to_state)).toEqual(['active', 'failed', 'active']);
  });

  it('is registered once, with tables of its own and a window that has a length', async () => {
    await at.registry.calibrationSets.register(set('a', -12, 12));
    const again = set('a', -12, 12);
    const sharing = { ...set('b', 0, 1), tables: again.tables };
    for (const refused of [again, sharing, set('c', 1, 0), { ...set('d', 0, 1), sourceGroupId: 'nobody' }])
      await expect(at.registry.calibrationSets.register(refused)).rejects.toMatchObject({ code: 'REGISTRY' });
    for (const id of ['b', 'c', 'd']) expect(await at.registry.calibrationSets.get(id)).toBeUndefined();
  });
});
