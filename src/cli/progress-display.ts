import cliProgress from 'cli-progress';

/** One thing that is under way. */
export interface ProgressLine {
  readonly name: string;
  /** 0 to 1. */
  readonly fraction: number;
  /** Set when it is over: what became of it. */
  readonly outcome?: string;
}

/** Shows progress on standard error. */
export interface ProgressDisplay {
  show(line: ProgressLine): void;
  stop(): void;
}

/** A bar on a terminal; elsewhere a plain line for each thing that is over. */
export function progressDisplay(): ProgressDisplay {
  return process.stderr.isTTY ? new Bar() : new Lines();
}

class Lines implements ProgressDisplay {
  show({ name, outcome }: ProgressLine): void {
    if (outcome !== undefined) console.error(`${name}: ${outcome}`);
  }

  stop(): void {}
}

class Bar implements ProgressDisplay {
  readonly #bar = new cliProgress.SingleBar({
    format: '{name} [{bar}] {percentage} % {duration_formatted}',
    stream: process.stderr,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    gracefulExit: false, // Ctrl-C is handled in main
  });
  #current: string | undefined;

  show({ name, fraction, outcome }: ProgressLine): void {
    if (outcome !== undefined) {
      this.stop();
      console.error(`${name}: ${outcome}`);
    } else if (name === this.#current) {
      this.#bar.update(Math.round(100 * fraction));
    } else {
      this.stop();
      this.#current = name;
      this.#bar.start(100, Math.round(100 * fraction), { name });
    }
  }

  stop(): void {
    if (this.#current !== undefined) this.#bar.stop();
    this.#current = undefined;
  }
}
