import { v7 as uuidv7 } from 'uuid';

/** The prefixes of ids, which give their types in the API, the logs and the database. */
export const PREFIXES = [
  'user',
  'site',
  'sess',
  'idn',
  'tok',
  'aud',
  'snap',
  'find',
  'run',
  'sched',
  'model',
  'mver',
  'repl',
  'prom',
  'appr',
  'eval',
  'fit',
  'look',
  'read',
  'dbl',
  'pred',
  'field',
  'rev',
  'bulk',
  'case',
  'rep',
  'hook',
  'dlv',
  'view',
] as const;
export type IdPrefix = (typeof PREFIXES)[number];

/**
 * Creates an id such as `pred_0192f4c0…`: a UUIDv7 (RFC 9562) without dashes. The ids of one process are ascending. Their time is
 * from that process's clock, which may be wrong, so do not use it: `createdAt` is the database's time.
 */
export function newId(prefix: IdPrefix): string {
  return `${prefix}_${uuidv7().replaceAll('-', '')}`;
}

/** Whether a text is a valid id of this type. An invalid id cannot be in the database. */
export function isId(prefix: IdPrefix, text: string): boolean {
  return text.startsWith(`${prefix}_`) && /^[0-9a-f]{32}$/.test(text.slice(prefix.length + 1));
}

/** The regular expression of the ids of a type, for descriptions of the API. */
export function idPattern(prefix: IdPrefix): string {
  return `^${prefix}_[0-9a-f]{32}$`;
}

/** The prefix of an id; null if there is none. Does not check the rest. */
export function prefixOf(id: string): string | null {
  const end = id.indexOf('_');
  return end > 0 ? id.slice(0, end) : null;
}
