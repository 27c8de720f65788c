import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { inTurn } from '../concurrency/in-turn.js';
import type { Database } from '../database/client.js';
import { newId } from '../database/ids.js';
import type { ServedVersions } from './served-versions.js';

/** How often a process says that it is still there. */
const HEARTBEAT_MS = 15_000;
/** A process that has said nothing for so long is gone: a few heartbeats may be lost. */
export const EXPIRES_AFTER_SECONDS = 60;

/** What reporting takes. */
interface ReplicaServices {
  database: Database;
  served: ServedVersions;
  log: Logger;
}

/** What keeps the registry informed of one process. */
export interface ReplicaReport {
  /** Resolves when the registry has what was so at the time of the call, or could not be told. */
  written(): Promise<void>;
  /** Takes this process out of the registry. */
  close(): Promise<void>;
}

/**
 * Writes into the registry which versions this process answers with, whenever that changes and at a slow heartbeat: one
 * statement each time. A database that is away costs nothing but the news.
 */
export async function reportReplica(services: ReplicaServices): Promise<ReplicaReport> {
  const report = new Report(services);
  await report.written();
  return report;
}

class Report implements ReplicaReport {
  readonly #services: ReplicaServices;
  readonly #id = newId('repl');
  readonly #name = `${hostname()}/${process.pid}`;
  readonly #stop: (() => void)[];
  readonly #writing = inTurn(() => this.#write());

  constructor(services: ReplicaServices) {
    this.#services = services;
    const write = () => void this.written();
    const heartbeat = setInterval(write, HEARTBEAT_MS);
    this.#stop = [services.served.onChange(write), () => clearInterval(heartbeat)];
  }

  written(): Promise<void> {
    return this.#writing.run();
  }

  async close(): Promise<void> {
    for (const stop of this.#stop) stop();
    await this.#writing.settled();
    const { database, log } = this.#services;
    await database.replicaState.deleteMany({ where: { replicaId: this.#id } }).catch((error: unknown) => {
      log.debug({ err: error }, 'The registry was not told that this process stops; it will expire there.');
    });
  }

  async #write(): Promise<void> {
    const { database, served, log } = this.#services;
    const states = JSON.stringify(served.readiness());
    try {
      await database.$executeRaw`
        WITH expired AS (
          DELETE FROM "ReplicaState" WHERE "seenAt" < now() - make_interval(secs => ${EXPIRES_AFTER_SECONDS})
            AND "replicaId" <> ${this.#id}
        )
        INSERT INTO "ReplicaState" (
          "replicaId", name, "modelId", "servedVersionId", "servedSince", error, "challengerVersionId", "challengerError", "seenAt"
        )
        SELECT ${this.#id}, ${this.#name}, "modelId", "servedVersionId",
          CASE WHEN "servedVersionId" IS NOT NULL THEN now() END, error, "challengerVersionId", "challengerError", now()
        FROM jsonb_to_recordset(${states}::jsonb) AS state (
          "modelId" text, "servedVersionId" text, error text, "challengerVersionId" text, "challengerError" text
        )
        ON CONFLICT ("replicaId", "modelId") DO UPDATE SET
          "servedSince" = CASE WHEN "ReplicaState"."servedVersionId" = excluded."servedVersionId"
            THEN "ReplicaState"."servedSince" ELSE excluded."servedSince" END,
          "servedVersionId" = excluded."servedVersionId", error = excluded.error,
          "challengerVersionId" = excluded."challengerVersionId", "challengerError" = excluded."challengerError",
          "seenAt" = excluded."seenAt"`;
    } catch (error) {
      log.warn({ err: error }, 'The registry could not be told what this process answers with.');
    }
  }
}
