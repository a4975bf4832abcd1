import { isPipelineError } from '../core/errors.js';
import type { Claim, Registry } from '../registry/index.js';

/** Renews a claim three times per lease, for as long as the work takes. */
export class Heartbeat {
  readonly token: string;
  readonly #renew: () => Promise<void>;
  readonly #leaseMs: number;
  readonly #timer: NodeJS.Timeout;
  #renewedAt = performance.now();
  #lost: { readonly error: unknown } | undefined;

  constructor(registry: Registry, claim: Claim) {
    this.token = claim.token;
    this.#leaseMs = 1000 * claim.leaseSec;
    this.#renew = () => registry.claims.renew(claim);
    this.#timer = setInterval(() => void this.#beat(), this.#leaseMs / 3);
  }

  /**
   * Renews unless that was done a moment ago, as when the whole process stood still meanwhile.
   *
   * @param always - renew in any case.
   * @throws {PublishDeferredError} somebody else took the product over.
   */
  async ensureHeld(always = false): Promise<void> {
    const old = performance.now() - this.#renewedAt > this.#leaseMs / 2;
    if (!this.#lost && (old || always)) await this.#beat();
    if (this.#lost) throw this.#lost.error;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  async #beat(): Promise<void> {
    const before = performance.now();
    try {
      await this.#renew();
      this.#renewedAt = before;
    } catch (error) {
      const ended = before - this.#renewedAt > this.#leaseMs;
      if (ended || isPipelineError(error, 'PUBLISH_DEFERRED')) this.#lost = { error };
    }
  }
}
