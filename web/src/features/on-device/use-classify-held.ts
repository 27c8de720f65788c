import { useEffect } from 'react';
import { nameHere } from '../../session/name-here.js';
import { NotOnDeviceError } from './device-classifier.js';
import type { HeldImage, HeldImages, HeldState } from './held-images.js';
import type { DeviceState } from './use-device.js';

/**
 * Classifies the waiting images one after the other while a version runs on this device. One tab does it at a time. A failure that is not of the
 * file stops the version (`onFailure`), so that the other images still wait.
 */
export function useClassifyHeld(
  held: HeldImages,
  device: DeviceState,
  images: readonly HeldImage[],
  onFailure: (message: string) => void,
): void {
  const next = images.findLast(({ state }) => state.kind === 'waiting');
  const nextId = next?.id;
  useEffect(() => {
    if (device.kind !== 'ready' || !next) return;
    const stop = new AbortController();
    const { classifier, version } = device;
    void navigator.locks
      .request(nameHere('cytograph classifies on this device'), { signal: stop.signal }, async () => {
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
        if (stop.signal.aborted) return; // the page was left: the image still waits
        await held.setState(next.id, state);
        if (state.kind === 'failed') onFailure(state.message);
      })
      .catch(() => undefined);
    return () => stop.abort();
    // The image with this id does not change while it waits.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [held, device, nextId]);
}
