export { publishDefaults, publishProduct, retryPublishing } from './publish-product.js';
export type { PublishOptions, PublishPolicy } from './publish-product.js';
export { keepPublishing, publishDue, resumePublishing } from './resume-publishing.js';
export type { KeepPublishingOptions, PublishAllOptions, PublishReport, ResumeOptions } from './resume-publishing.js';
export { describeContent } from './content.js';
export { filesArePlaced, publishedName, publishSteps } from './placement.js';
export type { OnPublishStep, PublishRoots, PublishStep } from './placement.js';
export { safePath } from './safe-path.js';
export type { SafePath } from './safe-path.js';
