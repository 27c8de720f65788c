import { isIP } from 'node:net';
import { type IdPrefix, isId, prefixOf } from '../database/ids.js';
import { hasControlCharacters } from './control-characters.js';
import { badUserInput } from './errors.js';
import { userError, UserErrorCode } from './user-error.js';

/** What is wrong with a value, as the end of a sentence that begins with the argument's name ("must be …"); null if nothing is. */
export type ArgumentRule = (value: unknown) => string | null;

/** A rule for arguments that only the operation can check, such as names that it looks up. */
export const checkedByOperation: ArgumentRule = () => null;

const nouns: Record<IdPrefix, string> = {
  user: 'a user',
  site: 'a site',
  sess: 'a session',
  idn: 'an identity',
  tok: 'an API token',
  aud: 'an audit event',
  snap: 'a dataset snapshot',
  find: 'a finding',
  run: 'a training run',
  sched: 'a training schedule',
  model: 'a model',
  mver: 'a model version',
  repl: 'a replica',
  prom: 'a promotion',
  appr: 'an approval',
  eval: 'an evaluation',
  fit: 'a fit',
  look: 'a second look',
  read: 'a reading',
  dbl: 'a double reading',
  pred: 'a prediction',
  field: 'a field',
  rev: 'a review',
  bulk: 'a bulk classification',
  case: 'a case',
  rep: 'a report',
  view: 'a saved view',
  hook: 'a webhook',
  dlv: 'a delivery to a webhook',
};

const isPrefix = (prefix: string | null): prefix is IdPrefix =>
  prefix !== null && Object.hasOwn(nouns, prefix);

/** The id of an object of one of these types. */
export function idOf(...prefixes: IdPrefix[]): ArgumentRule {
  const wanted = prefixes.map((prefix) => nouns[prefix]).join(' or ');
  const forms = prefixes.map((prefix) => `${prefix}_`).join(' or ');
  return (value) => {
    const id = String(value);
    if (prefixes.some((prefix) => isId(prefix, id))) return null;
    const prefix = prefixOf(id);
    if (isPrefix(prefix) && isId(prefix, id)) {
      return `must be the id of ${wanted}, and '${id}' is the id of ${nouns[prefix]}`;
    }
    return `must be the id of ${wanted} (${forms} and 32 hexadecimal digits), not '${id}'`;
  };
}

/** The id of an object of any type. */
export const anyId: ArgumentRule = (value) => {
  const id = String(value);
  const prefix = prefixOf(id);
  if (isPrefix(prefix) && isId(prefix, id)) return null;
  return `must be the prefix of a type, such as pred_, and 32 hexadecimal digits, not '${id}'`;
};

/** A probability. */
export const fraction: ArgumentRule = (value) =>
  Number(value) >= 0 && Number(value) <= 1 ? null : `must be from 0 to 1, not ${String(value)}`;

/** The SHA-256 of a file, as the server writes it. */
export const sha256: ArgumentRule = (value) =>
  /^[0-9a-f]{64}$/.test(String(value))
    ? null
    : `must be a SHA-256: 64 hexadecimal digits, with lower-case letters, not '${String(value)}'`;

export const ipAddress: ArgumentRule = (value) =>
  isIP(String(value)) === 0 ? `must be an IP address, not '${String(value)}'` : null;

export function oneOf(values: readonly string[]): ArgumentRule {
  return (value) =>
    values.includes(String(value))
      ? null
      : `must be one of these: ${values.join(', ')}. '${String(value)}' is none of them`;
}

/** A text to search for, as the server stores such texts: not empty, without white space around it, and not too long. */
export function storedText(longest: number): ArgumentRule {
  return (value) => {
    const text = String(value);
    if (text.trim() === '') return 'must not be empty. Leave it out to find all';
    if (text.trim() !== text) return 'must not begin or end with white space, because stored texts never do';
    if (text.length > longest) return `must have at most ${longest} characters, not ${text.length}`;
    return hasControlCharacters(text) ? 'must be plain text without control characters' : null;
  };
}

/** Part of a text to search for. Its length, without white space around it, is in characters (Unicode code points). */
export function partOfText(shortest: number, longest: number): ArgumentRule {
  return (value) => {
    const text = String(value).trim();
    const { length } = Array.from(text);
    if (length < shortest || length > longest)
      return `must have ${shortest} to ${longest} characters, without the white space around it, not ${length}`;
    return hasControlCharacters(text) ? 'must be plain text without control characters' : null;
  };
}

/** The largest number of UTF-16 code units in a case reference. */
export const LONGEST_CASE_REFERENCE = 200;

/** A case reference to search for. */
export const storedCaseReference = storedText(LONGEST_CASE_REFERENCE);

/** An argument that is invalid. */
export interface ArgumentFault {
  /** Path to the argument, such as ['filter', 'label']. */
  field: string[];
  message: string;
}

/** The fault of one value; none for null, which means that the argument was left out. */
export function faultsOfValue(rule: ArgumentRule, value: unknown, field: string[]): ArgumentFault[] {
  const fault = value == null ? null : rule(value);
  return fault === null ? [] : [{ field, message: `'${field.join('.')}' ${fault}.` }];
}

/** Throws the user error INVALID for a text that is not an id of this type. `field` is the path to the argument. */
export function requireId(prefix: IdPrefix, id: string, field: string[]): void {
  const fault = idOf(prefix)(id);
  if (fault !== null) throw userError(UserErrorCode.INVALID, `'${field.join('.')}' ${fault}.`, field);
}

/** Throws BAD_USER_INPUT if a value breaks its rule, or if a range of the values is empty. */
export function refuseInvalid(rules: Readonly<Record<string, ArgumentRule>>, input: object): void {
  const values: Record<string, unknown> = Object.fromEntries(Object.entries(input));
  const faults = [
    ...Object.entries(rules).flatMap(([name, rule]) => faultsOfValue(rule, values[name], [name])),
    ...faultsOfRanges(values, []),
  ];
  if (faults.length > 0) throw badUserInput(faults.map(({ message }) => message).join(' '));
}

/** Pairs of arguments that are the limits of a range, and whether both limits may be equal. */
const ranges = [
  { from: 'createdAfter', to: 'createdBefore', mayBeEqual: false },
  { from: 'from', to: 'to', mayBeEqual: false },
  { from: 'minConfidence', to: 'maxConfidence', mayBeEqual: true },
];

/** The faults of ranges in which nothing can be. */
export function faultsOfRanges(values: Readonly<Record<string, unknown>>, above: string[]): ArgumentFault[] {
  return ranges.flatMap(({ from, to, mayBeEqual }) => {
    const [first, last] = [limitOf(values[from]), limitOf(values[to])];
    if (first === null || last === null || first < last || (mayBeEqual && first === last)) return [];
    const field = [...above, from];
    const than = [...above, to].join('.');
    const message = mayBeEqual
      ? `'${field.join('.')}' (${first}) must not be above '${than}' (${last}).`
      : `'${field.join('.')}' must be earlier than '${than}'.`;
    return [{ field, message }];
  });
}

function limitOf(value: unknown): number | null {
  if (value instanceof Date) return value.getTime();
  return typeof value === 'number' ? value : null;
}
