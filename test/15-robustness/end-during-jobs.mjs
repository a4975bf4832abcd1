// Ends a worker, or this process, while jobs run. argv: folder, "terminate" or "exit", JSON of subband files.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';

import { convertToMs, readSource, simulateObservation } from '../../dist/index.js';

/** Starts all jobs; `tell` is called at each report of progress. */
function startJobs(folder, files, tell) {
  const onProgress = () => tell();
  const group = { id: 'a', files: files.map((path, subband) => ({ path, subband })), missingSubbands: [] };
  return [
    readSource(files, { onProgress }),
    convertToMs(group, { path: `${folder}/a.ms`, onProgress }),
    simulateObservation({ folder, nAntennas: 24, nChannels: 4, nIntegrations: 6, onProgress }),
  ];
}

async function terminateAtReport(moment, folder, files) {
  const worker = new Worker(fileURLToPath(import.meta.url), { workerData: { folder, files } });
  let left = moment;
  const reached = new Promise(resolve => worker.on('message', () => left-- === 0 && resolve()));
  const exited = new Promise(resolve => worker.on('exit', resolve));
  await Promise.race([reached, exited]);
  await worker.terminate();
}

if (!isMainThread) {
  startJobs(workerData.folder, workerData.files, () => parentPort.postMessage('progress'));
} else {
  const [folder, how, files] = process.argv.slice(2);
  if (how === 'terminate') {
    await terminateAtReport(1, folder, JSON.parse(files)); // warms up
    const nThreads = readdirSync('/proc/self/task').length;
    for (const moment of [0, 1, 3, 8, 20]) {
      await terminateAtReport(moment, folder, JSON.parse(files));
      console.log(JSON.stringify({ moment, files: readdirSync(folder), more: threadsAbove(nThreads) }));
    }
  } else {
    let left = Number(how);
    startJobs(folder, JSON.parse(files), () => left-- === 0 && process.exit(0));
  }
}

/** Threads that are left when the kernel has had time to forget those that ended. */
function threadsAbove(nThreads) {
  let more;
  for (let k = 0; k < 10_000; k++) {
    more = readdirSync('/proc/self/task').length - nThreads;
    if (more <= 0) return 0;
  }
  return more;
}
