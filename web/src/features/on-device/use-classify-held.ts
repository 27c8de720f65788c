import { useEffect } from 'react';
import { NotOnDeviceError } from './device-classifier.js';
import type { HeldImage, HeldImages, HeldState } from './held-images.js';
import type { DeviceState } from './use-device.js';

/** Classifies the waiting images one after the other while a version runs on this device. One tab does it at a time. */
export function useClassifyHeld(held: HeldImages, device: DeviceState, images: readonly HeldImage[]): void {
  const next = images.findLast(({ state }) => state.kind === 'waiting');
  const nextId = next?.id;
  useEffect(() => {
    if (device.kind !== 'ready' || !next) return;
    const stop = new AbortController();
    const { classifier, version } = device;
    void navigator.locks
      .request('cytograph classifies on this device', { signal: stop.signal }, async () => {
        const state = await classifier.classify(next.file).then(
          (result): HeldState => ({
            kind: 'answered',
            version,
            result,
            answeredAt: new Date().toISOString(),
          }),
          (error: unknown): HeldState => ({
            kind: error instanceof NotOnDeviceError ? 'only on the server' : 'failed',
            message: error instanceof Error ? error.message : String(error),
          }),
        );
        if (!stop.signal.aborted) await held.setState(next.id, state); // else the page was left: the image still waits
      })
      .catch(() => undefined);
    return () => stop.abort();
    // The image with this id does not change while it waits.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [held, device, nextId]);
}
