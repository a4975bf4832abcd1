import { expect, test } from 'vitest';

import { addon } from '../../src/core/addon.js';
import { dsa110, meridianIcrs } from '../../src/index.js';
import { toRawSite } from '../../src/core/sky.js';
import { describeIf, hasPythonModule, runPython } from '../support/oracles.js';

const time = 61065.9 * 86400;

test('refuses a declination beyond the pole by name', () => {
  expect(() => meridianIcrs(91, time, dsa110.site)).toThrow(/apparentDecDeg/);
  expect(() => meridianIcrs(16, time, dsa110.site, { ut1MinusUtcSec: 5 })).toThrow(/ut1MinusUtcSec/);
});

describeIf(hasPythonModule('erfa'), 'python3-erfa is missing', 'against pyerfa', () => {
  const script = `
import erfa, json, sys, numpy as np
t, dut1, xp, yp = [float(x) for x in sys.argv[1:]]
site = (np.radians(-118.283), np.radians(37.233405), 1188.0519)
arcsec = np.pi / 648000
out = {}
out['meridian'] = [float(np.degrees(x)) for x in erfa.atoc13('H', 0.0, np.radians(16.15), 2400000.5, t / 86400, dut1, *site, xp * arcsec, yp * arcsec, 0, 0, 0, 1.0)]
aob, zob, hob, dob, rob, eo = erfa.atco13(1.0, 0.3, 0, 0, 0, 0, 2400000.5, t / 86400, dut1, *site, xp * arcsec, yp * arcsec, 0, 0, 0, 1.0)
lon = site[0] - hob
out['apparent'] = [float(np.cos(dob) * np.cos(lon)), float(np.cos(dob) * np.sin(lon)), float(np.sin(dob))]
print(json.dumps(out))`;

  test.each([
    [0, 0, 0],
    [0.3, 0.2, -0.4],
  ])('agrees for UT1-UTC %d s and polar motion (%d", %d")', (ut1MinusUtcSec, xPoleArcsec, yPoleArcsec) => {
    const earthOrientation = { ut1MinusUtcSec, xPoleArcsec, yPoleArcsec };
    const truth = JSON.parse(runPython(script, [time, ut1MinusUtcSec, xPoleArcsec, yPoleArcsec].map(String)));
    const meridian = meridianIcrs(16.15, time, dsa110.site, earthOrientation);
    expect(meridian.raDeg).toBeCloseTo(truth.meridian[0], 9);
    expect(meridian.decDeg).toBeCloseTo(truth.meridian[1], 9);
    const apparent = addon().apparentItrf({
      direction: { raRad: 1.0, decRad: 0.3 },
      timeMjdSec: time,
      site: toRawSite(dsa110.site),
      earthOrientation,
    });
    apparent.forEach((component, axis) => expect(component).toBeCloseTo(truth.apparent[axis], 12));
  });
});
