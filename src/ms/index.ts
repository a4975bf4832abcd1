export { conversionDefaults, convertToMs } from './convert-to-ms.js';
export type { ConversionOptions, ConvertedMs } from './convert-to-ms.js';
export { describeMs, readMs } from './read-ms.js';
export type { MsSelection } from './read-ms.js';
export { validateMs, validationDefaults } from './validate-ms.js';
export type { ValidationOptions } from './validate-ms.js';
export type { MeasurementSet, MsData, MsField } from './types.js';
