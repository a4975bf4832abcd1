import { describe, expect, it } from 'vitest';

import { checkCalibrationConfig } from '../../src/pipeline/index.js';
import type { CalibrationConfig } from '../../src/pipeline/index.js';

describe('the configuration of calibrating', () => {
  it('takes terms in their order, each once', () => {
    const terms = ['delay', 'bandpass', 'phase', 'gain'] as const;
    expect(checkCalibrationConfig({ terms })).toMatchObject({ terms });
    expect(checkCalibrationConfig({ terms: ['delay', 'gain'] })).toMatchObject({ terms: ['delay', 'gain'] });
    expect(checkCalibrationConfig({})).toMatchObject({ terms: ['bandpass'] });
  });

  it.each<[CalibrationConfig, RegExp]>([
    [{ terms: ['bandpass', 'delay'] }, /in the order delay, bandpass, phase, gain, .* but received bandpass, delay$/],
    [{ terms: ['gain', 'bandpass'] }, /in the order delay, bandpass, phase, gain/],
    [{ terms: ['gain', 'gain'] }, /several different terms/],
    [{ terms: [] }, /one or several different terms/],
    [{ phaseSolintSec: 0 }, /phaseSolintSec/],
    [{ limits: { minSnr: -1 } }, /minSnr/],
    [{ limits: { maxAmplitudeChange: 0.5 } }, /maxAmplitudeChange/],
    [{ minUvWavelengths: 100, maxUvWavelengths: 50 }, /maxUvWavelengths/],
    [{ minBaselines: 0 }, /minBaselines/],
    [{ solintSec: 0 }, /solintSec/],
    [{ smearing: 1 } as unknown as CalibrationConfig, /smearing to be true or false/],
    [{ minUv: 100 } as CalibrationConfig, /minUvWavelengths.*but received minUv/],
  ])('refuses %j', (config, message) => {
    expect(() => checkCalibrationConfig(config)).toThrow(message);
  });
});
