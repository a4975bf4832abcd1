export type * from './types.js';
export { readUvh5Header } from './read-uvh5-header.js';
export { indexFiles, indexFolder } from './index-folder.js';
export type { IndexOptions } from './index-folder.js';
export { readUvh5 } from './read-uvh5.js';
export type { Uvh5Data, Uvh5Selection } from './read-uvh5.js';
export { describeSource, readSource } from './read-source.js';
export type { Observation, SourceData } from './read-source.js';
