import { nameHere } from '../../session/name-here.js';
import type {
  DeviceReply,
  DeviceResult,
  DeviceTask,
  DeviceVersion,
  Engine,
  FromWorker,
  ToWorker,
} from './messages.js';

/** The file cannot be classified in a browser; the server may be able to. */
export class NotOnDeviceError extends Error {}

/** Runs one model version in a worker of the browser. */
export interface DeviceClassifier {
  /** Loads and checks a version, instead of the one before. Rejects with an Error whose message can be shown. */
  load: (version: DeviceVersion) => Promise<Engine>;
  /** @throws NotOnDeviceError */
  classify: (file: Blob) => Promise<DeviceResult>;
  close: () => void;
}

export function startDeviceClassifier(): DeviceClassifier {
  const worker = new Worker(new URL('./worker/device.worker.ts', import.meta.url), { type: 'module' });
  const waiting = new Map<
    number,
    { resolve: (reply: DeviceReply) => void; reject: (error: Error) => void }
  >();
  let nextId = 1;

  worker.addEventListener('message', ({ data: { id, reply } }: MessageEvent<FromWorker>) => {
    waiting.get(id)?.resolve(reply);
    waiting.delete(id);
  });
  worker.addEventListener('error', () => {
    // Such as a worker that cannot be loaded because the app was updated.
    for (const { reject } of waiting.values())
      reject(new Error('Classification on this device stopped. Reload the page, then try again.'));
    waiting.clear();
  });

  const perform = async (task: DeviceTask): Promise<DeviceReply> => {
    const reply = await new Promise<DeviceReply>((resolve, reject) => {
      const message: ToWorker = { id: nextId++, task };
      waiting.set(message.id, { resolve, reject });
      worker.postMessage(message);
    });
    if (reply.kind !== 'failed') return reply;
    throw reply.isOfFile ? new NotOnDeviceError(reply.message) : new Error(reply.message);
  };

  return {
    async load(version) {
      const reply = await perform({ kind: 'load', version, cacheName: nameHere('cytograph-model') });
      if (reply.kind !== 'loaded') throw new Error('The worker answered another task.');
      return reply.engine;
    },
    async classify(file) {
      const reply = await perform({ kind: 'classify', file });
      if (reply.kind !== 'classified') throw new Error('The worker answered another task.');
      return reply.result;
    },
    close() {
      worker.terminate();
      for (const { reject } of waiting.values())
        reject(new Error('Classification on this device was ended.'));
      waiting.clear();
    },
  };
}
