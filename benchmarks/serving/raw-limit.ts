import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
// Loaded here too, so that the native modules stay loaded when a thread ends (sharp's documentation, "Worker threads").
import 'onnxruntime-node';
import 'sharp';
import type { Artifact } from '../../server/artifact/artifact.js';
import { monotonicMs } from './clock.js';
import type { Part } from './report.js';
import type { RawOrder } from './raw-thread.js';

/** Warm-up: the threads start working before the measurement starts. */
const HEAD_START_MS = 500;

interface Variant {
  /** The number of threads that decode and infer, each with its own session. */
  threads: number;
  /** ONNX Runtime's threads in each session. */
  intraOpThreads: number;
  batch: number;
}

interface RawSpeed {
  imagesPerSecond: number;
  cpuMsPerImage: number;
}

export interface RawLimit {
  /** Result of the fastest variant. */
  imagesPerSecond: number;
  /** Total CPU time of all threads for one image, of the variant that needs least. */
  cpuMsPerImage: number;
  variants: (Variant & RawSpeed)[];
}

/**
 * The most that this machine can do: decode, resize, normalise and infer on all cores, without HTTP, database or storage.
 * Several variants are measured, and the fastest is reported.
 */
export async function measureRawLimit(
  artifact: Artifact,
  images: readonly Buffer[],
  seconds: number,
): Promise<RawLimit> {
  const cores = availableParallelism();
  const plans: Variant[] = [
    ...[1, 4, 8].map((batch) => ({ threads: cores, intraOpThreads: 1, batch })),
    ...[1, 8].map((batch) => ({ threads: 1, intraOpThreads: cores, batch })),
  ];
  const variants: RawLimit['variants'] = [];
  for (const plan of plans) variants.push({ ...plan, ...(await measure(plan, artifact, images, seconds)) });
  return {
    imagesPerSecond: Math.max(...variants.map((it) => it.imagesPerSecond)),
    cpuMsPerImage: Math.min(...variants.map((it) => it.cpuMsPerImage)),
    variants,
  };
}

async function measure(
  { threads: count, intraOpThreads, batch }: Variant,
  { manifest: { preprocessing }, onnx }: Artifact,
  images: readonly Buffer[],
  seconds: number,
): Promise<RawSpeed> {
  const { inputSize, mean, std } = preprocessing;
  const threads = Array.from({ length: count }, (_, index) => {
    const offset = Math.floor((index * images.length) / count);
    const workerData: RawOrder = { onnx, images, inputSize, mean, std, batch, intraOpThreads, offset };
    return new Worker(new URL('./raw-thread.js', import.meta.url), { workerData });
  });
  try {
    await Promise.all(threads.map((thread) => messageOf(thread)));
    const from = monotonicMs() + HEAD_START_MS;
    const cpu = sleep(HEAD_START_MS).then(() => process.cpuUsage());
    const finished = await Promise.all(
      threads.map((thread) => {
        const answer = messageOf(thread);
        thread.postMessage({ from, until: from + seconds * 1000 });
        return answer;
      }),
    );
    const { user, system } = process.cpuUsage(await cpu);
    const count = finished.reduce<number>((sum, images) => sum + Number(images), 0);
    return { imagesPerSecond: count / seconds, cpuMsPerImage: (user + system) / 1000 / count };
  } finally {
    await Promise.all(threads.map((thread) => thread.terminate()));
  }
}

function messageOf(thread: Worker): Promise<unknown> {
  return new Promise((resolve, reject) => {
    thread.once('message', resolve);
    thread.once('error', reject);
  });
}

export function reportRawLimit(limit: RawLimit): Part {
  return {
    rows: limit.variants.map(({ threads, intraOpThreads, batch, imagesPerSecond, cpuMsPerImage }) => ({
      figure: `raw: ${threads} thread${threads > 1 ? 's' : ''} × ${intraOpThreads} of ONNX Runtime, batch ${batch}`,
      measured: `${imagesPerSecond.toFixed(1)} images/s, ${cpuMsPerImage.toFixed(2)} ms of CPU each${imagesPerSecond === limit.imagesPerSecond ? ' (the limit)' : ''}`,
    })),
    data: limit,
  };
}
