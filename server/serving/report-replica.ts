import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { inTurn } from '../concurrency/in-turn.js';
import type { Database } from '../database/client.js';
import { newId } from '../database/ids.js';
import type { ServedVersions } from './served-versions.js';

/** How often a process reports that it is running. */
const HEARTBEAT_MS = 15_000;
/** A process without a heartbeat for this long is considered dead. A few heartbeats may be lost. */
export const EXPIRES_AFTER_SECONDS = 60;

/** The services that reporting needs. */
interface ReplicaServices {
  database: Database;
  served: ServedVersions;
  log: Logger;
}

/** Keeps the state of this process in the registry up to date. */
export interface ReplicaReport {
  /** Resolves when the state at the time of the call has been written, or writing it has failed. */
  written(): Promise<void>;
  /** Removes this process from the registry. */
  close(): Promise<void>;
}

/**
 * Writes to the registry which versions this process answers with, on every change and at each heartbeat, with one statement.
 * If the database is unavailable, the report is skipped.
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
      log.debug({ err: error }, 'This process could not be removed from the registry; its entry will expire');
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
      log.warn({ err: error }, 'The state of this process could not be written to the registry');
    }
  }
}
