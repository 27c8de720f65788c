import type { KeyObject } from 'node:crypto';
import type { Logger } from 'pino';
import { inTurn } from '../../concurrency/in-turn.js';
import type { Database } from '../../database/client.js';
import type { ObjectStore } from '../../storage/object-store.js';
import { storeCheckpoint } from './checkpoints.js';
import { sealEvents } from './seal-events.js';

/** Milliseconds between two passes. */
const PASS_INTERVAL_MS = 1_000;
/** Milliseconds between two checkpoints, where events have been sealed since the last one. */
const CHECKPOINT_INTERVAL_MS = 10 * 60_000;

interface SealerServices {
  database: Database;
  store: ObjectStore;
  signingKey: KeyObject;
  log: Logger;
}

/** Seals audit events in the background until it is closed. Any number of processes may run one: they take turns. */
export interface Sealer {
  /** Seals what is left, stores a checkpoint, and ends. */
  close(): Promise<void>;
}

/** Starts a sealer. An outage of the database or the object store costs a warning; the next pass makes up for it. */
export function runSealer({ database, store, signingKey, log }: SealerServices): Sealer {
  let isClosing = false;
  let checkpoint = { storedAt: performance.now(), position: 0n };

  async function pass(): Promise<void> {
    const end = await sealEvents(database);
    const isDue = isClosing || performance.now() - checkpoint.storedAt >= CHECKPOINT_INTERVAL_MS;
    if (end === null || !isDue || end.position === checkpoint.position) return;
    await storeCheckpoint(store, signingKey, end);
    checkpoint = { storedAt: performance.now(), position: end.position };
  }
  const warn = (error: unknown) =>
    log.warn({ err: error }, 'Audit events could not be sealed. The next pass will try again.');
  const passes = inTurn(() => pass().catch(warn));
  const timer = setInterval(() => void passes.run(), PASS_INTERVAL_MS);

  return {
    close: async () => {
      clearInterval(timer);
      isClosing = true;
      await passes.run();
      await passes.settled();
    },
  };
}
