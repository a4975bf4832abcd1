import { join } from 'node:path';

import type { ObservationFinding } from '../calibration/index.js';
import { isPipelineError } from '../core/errors.js';
import type { Workshop } from './make-product.js';
import { codeOf } from './run-report.js';
import type {
  Failure,
  LeftOut,
  PipelineProgress,
  ReportedCalibration,
  ReportedProduct,
  RunReport,
  StageName,
} from './run-report.js';
import { cleanOf, tileFindingsOf } from './stage-files.js';

/** Collects what a run does, and tells of it as it goes. */
export class Reporter {
  readonly #onProgress: (progress: PipelineProgress) => void;
  readonly #signal: AbortSignal | undefined;
  readonly #made = new Map<string, boolean>();
  readonly #published = new Map<string, readonly string[]>();
  readonly #leftOut: LeftOut[] = [];
  readonly #failed: Failure[] = [];
  readonly #calibration: ReportedCalibration[] = [];
  readonly #findings = new Map<string, readonly ObservationFinding[]>();

  constructor(onProgress: ((progress: PipelineProgress) => void) | undefined, signal: AbortSignal | undefined) {
    this.#onProgress = onProgress ?? (() => undefined);
    this.#signal = signal;
  }

  running(stage: StageName, subject: string, fraction: number): void {
    this.#onProgress({ stage, subject, status: 'running', fraction });
  }

  found(stage: StageName, subject: string, productId: string): void {
    if (!this.#made.has(productId)) this.#made.set(productId, false);
    this.#onProgress({ stage, subject, status: 'present', fraction: 1 });
  }

  made(stage: StageName, subject: string, productId: string): void {
    this.#made.set(productId, true);
    this.#onProgress({ stage, subject, status: 'made', fraction: 1 });
  }

  published(productId: string, paths: readonly string[]): void {
    this.#published.set(productId, paths);
  }

  calibrated(calibration: ReportedCalibration): void {
    this.#calibration.push(calibration);
  }

  /** What solving found wrong with an observation; it knows more than the flags that come with a tile. */
  observed(subject: string, findings: readonly ObservationFinding[]): void {
    this.#findings.set(subject, findings);
  }

  leaveOut(subject: string, code: string, reason: string): void {
    this.#leftOut.push({ subject, code, reason });
  }

  failed(stage: StageName, subject: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#failed.push({ stage, subject, code: codeOf(error), reason });
    this.#onProgress({ stage, subject, status: 'failed', fraction: 1 });
  }

  /**
   * The border at which a failure becomes a record: runs `work`, and when it throws, reports that and gives undefined.
   * What only has to wait is left out. An abort, and what would fail for every other subject too, is thrown on.
   */
  async attempt<T>(
    stage: StageName,
    subject: string,
    recordFailure: (reason: string) => Promise<void>,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    this.#signal?.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      if (this.#signal?.aborted) throw error;
      if (isPipelineError(error, 'NATIVE_ADDON_MISSING', 'REGISTRY')) throw error;
      if (isPipelineError(error, 'PUBLISH_DEFERRED')) {
        this.leaveOut(subject, error.code, error.message);
        return undefined;
      }
      await recordFailure(error instanceof Error ? error.message : String(error));
      this.failed(stage, subject, error);
      return undefined;
    }
  }

  async report({ work, registry }: Workshop): Promise<RunReport> {
    const products: ReportedProduct[] = [];
    const findings = new Map(this.#findings);
    for (const [id, made] of this.#made) {
      const product = await registry.products.get(id);
      if (product === undefined) continue;
      const { kind, state, path } = product;
      const published = this.#published.get(id) ?? [];
      const { groupId } = product;
      if (kind === 'tile' && groupId !== undefined && !findings.has(groupId))
        findings.set(groupId, tileFindingsOf(product));
      products.push({ id, kind, state, path: join(work, path), published, made, clean: cleanOf(product) });
    }
    return {
      ...{ products, leftOut: this.#leftOut, failed: this.#failed, calibration: this.#calibration },
      findings: [...findings].flatMap(([subject, found]) => found.map(finding => ({ subject, ...finding }))),
    };
  }
}
