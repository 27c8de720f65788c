import { UnreadableImageError } from '../../../../../server/image-files/unreadable-image.js';
import type { Answer, Question } from '../../../background/ask-worker.js';
import type { DeviceReply, DeviceTask } from '../messages.js';
import { checkNetwork } from './check-network.js';
import { classifyPicture } from './classify-picture.js';
import { type DeviceManifest, loadModelFiles } from './model-files.js';
import { type Network, openNetwork } from './open-network.js';

// Runs a model version beside the page, so that the page stays responsive. Tasks are done one after the other.

let loaded: { readonly manifest: DeviceManifest; readonly network: Network } | null = null;
let last: Promise<unknown> = Promise.resolve();

self.addEventListener('message', ({ data: { id, task } }: MessageEvent<Question<DeviceTask>>) => {
  last = last.then(async () => {
    const answer: Answer<DeviceReply> = { id, reply: await perform(task).catch(failure) };
    self.postMessage(answer);
  });
});

async function perform(task: DeviceTask): Promise<DeviceReply> {
  if (task.kind === 'load') {
    const files = await loadModelFiles(task.version, task.cacheName);
    loaded?.network.dispose();
    loaded = null;
    const network = await openNetwork(files, (opened) => checkNetwork(files.manifest, opened));
    loaded = { manifest: files.manifest, network };
    return { kind: 'loaded', engine: network.engine };
  }
  if (!loaded) throw new Error('No model version is loaded on this device.');
  const bytes = new Uint8Array(await task.file.arrayBuffer());
  return { kind: 'classified', result: await classifyPicture(loaded.manifest, loaded.network, bytes) };
}

function failure(error: unknown): DeviceReply {
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'failed', message, isOfFile: error instanceof UnreadableImageError };
}
