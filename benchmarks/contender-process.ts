import { execa } from 'execa';

/** What a contender says: one JSON object a line on its standard output. */
interface Answer {
  readonly version?: string;
  readonly seconds?: number;
  readonly peakMb?: number;
}

/**
 * The process of one contender. It prepares on its own, then does what it is told, line by line: `run` (one timed run),
 * `save FOLDER` (the last run's result, for comparison). What it does meanwhile, such as loading its input, is not timed.
 */
export class ContenderProcess {
  private constructor(
    private readonly subprocess: ReturnType<typeof startProcess>,
    private readonly lines: AsyncIterator<unknown>,
    readonly version: string,
  ) {}

  static async start(command: readonly string[]): Promise<ContenderProcess> {
    const subprocess = startProcess(command);
    const lines = subprocess.iterable()[Symbol.asyncIterator]();
    const { version = '' } = await nextAnswer(lines);
    return new ContenderProcess(subprocess, lines, version);
  }

  /** One run: its seconds, and the most memory that the process has held so far. */
  async run(): Promise<{ seconds: number; peakMb: number }> {
    const { seconds = NaN, peakMb = NaN } = await this.tell('run');
    return { seconds, peakMb };
  }

  async save(folder: string): Promise<void> {
    await this.tell(`save ${folder}`);
  }

  /** Ends the process, whatever it does. */
  async end(): Promise<void> {
    this.subprocess.kill('SIGKILL');
    await this.subprocess.catch(() => undefined);
  }

  private async tell(order: string): Promise<Answer> {
    this.subprocess.stdin.write(`${order}\n`);
    return nextAnswer(this.lines);
  }
}

function startProcess([program, ...args]: readonly string[]) {
  // WSClean refuses to start where OpenBLAS has threads; the other two would choose kernels of another processor.
  const openBlas = { OPENBLAS_NUM_THREADS: '1', OPENBLAS_CORETYPE: undefined, OPENBLAS_L2_SIZE: undefined };
  const env = { ...openBlas, PYTHONDONTWRITEBYTECODE: '1' };
  return execa(program!, args, { stdin: 'pipe', buffer: { stdout: false, stderr: true }, env });
}

/** @throws what the process wrote to stderr where it ended instead of answering. */
async function nextAnswer(lines: AsyncIterator<unknown>): Promise<Answer> {
  const { done, value } = await lines.next();
  if (done) throw new Error('Expected an answer but the process ended');
  return JSON.parse(String(value)) as Answer;
}
