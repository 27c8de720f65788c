import { parentPort, workerData } from 'node:worker_threads';
import { openLocalNetwork } from './local-network.js';
import type { Answer, FromThread, ImageToInfer, Request, ThreadSettings, ToThread } from './messages.js';
import { checkReferences } from './references.js';
import { openRemoteNetwork } from './remote-network.js';
import { VersionOnThread } from './version-on-thread.js';

/** The entry of an inference thread: it has a copy of every loaded network, and computes results from image bytes. */
const settings = workerData as ThreadSettings;
const versions = new Map<string, VersionOnThread>();

const port = parentPort;
if (!port) throw new Error('This file must run in a worker thread.');
let work: Promise<void> = Promise.resolve(); // requests are processed one after the other, in order
port.on('message', (message: ToThread) => {
  if ('images' in message) message.images.forEach(infer);
  else work = work.then(() => answer(message.id, message.request));
});

async function answer(id: number, request: Request): Promise<void> {
  try {
    await perform(request);
    send({ id });
  } catch (error) {
    send({ id, error: error instanceof Error ? error.message : String(error) });
  }
  if (request.kind === 'close') port?.close(); // so that the thread ends
}

async function perform(request: Request): Promise<void> {
  switch (request.kind) {
    case 'start':
      return;
    case 'load': {
      const { versionId, manifest, onnx } = request;
      if (versions.has(versionId)) return;
      const { maxBatch, server } = settings;
      const network = await (server === null
        ? openLocalNetwork(manifest, onnx, maxBatch)
        : openRemoteNetwork(manifest, onnx, maxBatch, server));
      try {
        await checkReferences(manifest, network);
      } catch (error) {
        await network.release();
        throw error;
      }
      versions.set(versionId, new VersionOnThread(network, manifest.preprocessing, settings, sendAnswers));
      return;
    }
    case 'unload': {
      const version = versions.get(request.versionId);
      versions.delete(request.versionId);
      return version?.release();
    }
    case 'close':
      for (const version of versions.values()) await version.release();
      versions.clear();
  }
}

function infer(image: ImageToInfer): void {
  const version = versions.get(image.versionId);
  if (version) void version.take(image);
  else {
    const failed = `Version ${image.versionId} is not on this thread.`;
    sendAnswers([{ id: image.id, outcome: { failed } }]);
  }
}

function sendAnswers(answers: readonly Answer[]): void {
  send({ answers });
}

function send(message: FromThread): void {
  port?.postMessage(message);
}
