import { type AskedWorker, askedWorker } from '../../background/ask-worker.js';

let worker: AskedWorker<Blob, boolean> | undefined;

/**
 * Whether a picture shows several whole white cells, so that it is a field. False for a file that the browser cannot read, such as a
 * TIFF, and in a browser that cannot find cells: the server looks again, and withholds an answer as one cell.
 */
export async function showsSeveralCells(file: Blob): Promise<boolean> {
  worker ??= askedWorker(
    new Worker(new URL('./worker/cells.worker.ts', import.meta.url), { type: 'module' }),
    'The worker that finds cells stopped.',
  );
  return worker.ask(file).catch(() => false);
}
