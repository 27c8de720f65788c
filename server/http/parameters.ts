import { z } from 'zod';
import { idOf } from '../api/argument-rules.js';
import { badUserInput } from '../api/errors.js';
import { idPattern, type IdPrefix } from '../database/ids.js';

/** A parameter of a query, with each of its values, or a field of a form. */
export type SentParameter = readonly [name: string, value: string];

/**
 * The parameters of a request, checked against the description of all that the route knows.
 * @throws BAD_USER_INPUT for a parameter that is unknown, sent more than once, or invalid, naming the known ones
 */
export function readParameters<T extends z.ZodObject>(known: T, sent: readonly SentParameter[]): z.infer<T> {
  const values = new Map<string, string>();
  for (const [name, value] of sent) {
    if (!Object.hasOwn(known.shape, name))
      throw badUserInput(unknownParameter(name, Object.keys(known.shape)));
    if (values.has(name)) throw badUserInput(`Send '${name}' only once.`);
    values.set(name, value);
  }
  const parsed = known.safeParse(Object.fromEntries(values));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw badUserInput(`'${issue?.path.join('.') ?? ''}' ${issue?.message ?? 'is invalid'}.`);
}

/** A parameter that is the id of an object of this type. */
export function idParameter(prefix: IdPrefix): z.ZodString {
  const rule = idOf(prefix);
  return z
    .string()
    .refine((id) => rule(id) === null, { error: ({ input }) => rule(input) ?? undefined })
    .meta({ pattern: idPattern(prefix) });
}

/** The parameters in the query of a URL. */
export function queryParameters(query: object): SentParameter[] {
  return Object.entries(query).flatMap(([name, value]) =>
    [value].flat().map((one): SentParameter => [name, String(one)]),
  );
}

/** The message for a name that a route does not know. */
export function unknownParameter(name: string, known: readonly string[]): string {
  const shown = name.length > LONGEST_SHOWN_NAME ? `${name.slice(0, LONGEST_SHOWN_NAME)}…` : name;
  const list = known.length === 0 ? 'It takes no parameters.' : `There are: ${known.join(', ')}.`;
  return `'${shown}' is not a parameter of this route. ${list}`;
}

const LONGEST_SHOWN_NAME = 60;
