import type { Logger } from 'pino';
import { neverCancelled } from '../../database/cancellation.js';
import type { Database } from '../../database/client.js';
import { casePseudonym } from './case-pseudonym.js';
import { type Actor, type AuditAction, auditRowsOf, insertAuditEvents } from './record-audit-event.js';

/** Milliseconds for which what an account looks at is collected into one event: a page of thumbnails takes less to load. */
const COLLECT_MS = 3_000;
/** Ids that an event lists. */
const MOST_LISTED = 100;

/** What somebody looked at, downloaded, searched for or was refused. */
export interface Access {
  action: Extract<
    AuditAction,
    | 'IMAGES_VIEWED'
    | 'ORIGINAL_IMAGES_DOWNLOADED'
    | 'EVIDENCE_MAPS_VIEWED'
    | 'MODEL_FILES_DOWNLOADED'
    | 'CASE_SEARCHED'
    | 'REPORTS_VIEWED'
    | 'ACCESS_REFUSED'
  >;
  /** Ids of images (SHA-256), predictions, cases, reports or versions, or the name of the operation. */
  items: readonly string[];
  /** The case that was searched for. It is recorded as its pseudonym. */
  caseReference?: string;
  /** The same, by the id of the case. */
  caseId?: string;
}

interface Collected {
  actor: Actor;
  access: Access;
  items: Set<string>;
}

/**
 * Records accesses that change nothing. Accesses of one kind by one account within a few seconds become one event, so that a page
 * of thumbnails is one line of the audit trail, and reading never waits for the database. A process that is killed loses the
 * accesses of the last few seconds.
 */
export class AccessRecorder {
  readonly #database: Database;
  readonly #log: Logger;
  readonly #collected = new Map<string, Collected>();
  #timer: NodeJS.Timeout | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(database: Database, log: Logger) {
    this.#database = database;
    this.#log = log;
  }

  record(actor: Actor, access: Access): void {
    const { viewer, ip } = actor;
    const key = JSON.stringify([
      access.action,
      viewer?.id,
      viewer?.token?.id,
      viewer?.sessionId,
      ip,
      access.caseReference,
      access.caseId,
    ]);
    const collected = this.#collected.get(key) ?? { actor, access, items: new Set() };
    this.#collected.set(key, collected);
    for (const item of access.items) collected.items.add(item);
    this.#timer ??= neverCancelled(() => setTimeout(() => void this.flush(), COLLECT_MS));
  }

  /** Writes what has been collected. */
  async flush(): Promise<void> {
    if (this.#timer) clearTimeout(this.#timer);
    this.#timer = null;
    const collected = [...this.#collected.values()];
    this.#collected.clear();
    this.#writing = this.#writing.then(() => this.#write(collected));
    await this.#writing;
  }

  async #write(collected: readonly Collected[]): Promise<void> {
    if (collected.length === 0) return;
    try {
      const events = await Promise.all(collected.map((each) => this.#eventOf(each)));
      await this.#database.$executeRawUnsafe(insertAuditEvents, auditRowsOf(events));
    } catch (error) {
      this.#log.error(
        { err: error, events: collected.length },
        'Accesses could not be recorded in the audit trail',
      );
    }
  }

  async #referenceOf(caseId: string): Promise<string | null> {
    const found = await this.#database.case.findUnique({
      where: { id: caseId },
      select: { reference: true },
    });
    return found?.reference ?? null;
  }

  async #eventOf({ actor, access, items }: Collected) {
    const { action, caseId } = access;
    const caseReference =
      access.caseReference ?? (caseId === undefined ? null : await this.#referenceOf(caseId));
    const [first, ...others] = items;
    const listed = [...items].slice(0, MOST_LISTED);
    const more = items.size > listed.length ? `, and ${items.size - listed.length} more` : '';
    const detail = others.length === 0 ? undefined : `${items.size}: ${listed.join(', ')}${more}`;
    return {
      actor,
      entry: {
        action,
        outcome: action === 'ACCESS_REFUSED' ? ('failure' as const) : ('success' as const),
        entityId: others.length === 0 ? first : undefined,
        detail,
        casePseudonym:
          caseReference == null
            ? undefined
            : ((await casePseudonym(this.#database, caseReference)) ?? undefined),
      },
    };
  }
}
