import { askedWorker } from '../../background/ask-worker.js';
import { nameHere } from '../../session/name-here.js';
import type { DeviceReply, DeviceResult, DeviceTask, DeviceVersion, Engine } from './messages.js';

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
  const worker = askedWorker<DeviceTask, DeviceReply>(
    new Worker(new URL('./worker/device.worker.ts', import.meta.url), { type: 'module' }),
    'Classification on this device stopped. Reload the page, then try again.',
  );

  const perform = async (task: DeviceTask): Promise<DeviceReply> => {
    const reply = await worker.ask(task);
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
    close: () => worker.close('Classification on this device was ended.'),
  };
}
