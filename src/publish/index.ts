export { publishProduct } from './publish-product.js';
export type { PublishOptions } from './publish-product.js';
export { resumePublishing } from './resume-publishing.js';
export type { ResumeReport } from './resume-publishing.js';
export { filesArePlaced, publishedName, publishSteps } from './place-files.js';
export type { OnPublishStep, PublishRoots, PublishStep } from './place-files.js';
export { safePath } from './safe-path.js';
