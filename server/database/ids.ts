import { v7 as uuidv7 } from 'uuid';

/** What an id names: its prefix says so, in the API, in the logs and in the database alike. */
export type IdPrefix =
  | 'user'
  | 'tok'
  | 'aud'
  | 'snap'
  | 'find'
  | 'run'
  | 'sched'
  | 'model'
  | 'mver'
  | 'repl'
  | 'prom'
  | 'appr'
  | 'eval'
  | 'pred'
  | 'rev'
  | 'bulk';

/**
 * A new id such as `pred_0192f4c0…`: a UUIDv7 (RFC 9562) without dashes. The ids of one process ascend; their time is that
 * process's clock, which may be wrong, so nothing is found or judged by it: `createdAt` is the database's time.
 */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${uuidv7().replaceAll('-', '')}`;
}

/** Whether a text from outside is an id of this type: what is not cannot be in the database. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-9a-f]{32}$/.test(text.slice(prefix.length + 1));
}

/** The prefix of an id, whatever follows it; null where there is none. */
export function prefixOf(id: string): string | null {
  const end = id.indexOf('_');
  return end > 0 ? id.slice(0, end) : null;
}
