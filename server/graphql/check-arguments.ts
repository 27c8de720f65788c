import {
  defaultFieldResolver,
  getNamedType,
  GraphQLID,
  type GraphQLArgument,
  type GraphQLFieldResolver,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { badUserInput } from '../api/errors.js';
import { UserErrorCode } from '../api/user-error.js';

/** Maximum length of an id, in UTF-16 code units, like all limits here. */
const LONGEST_ID = 200;
/** Maximum length of a text argument that is not listed below. */
const LONGEST_TEXT = 1_000;
/** Maximum number of entries of a list. */
const LONGEST_LIST = 1_000;

/**
 * Maximum length of arguments that may be longer, by their names. Operations have tighter limits with their own messages;
 * these limits are so high that a text that is only slightly too long does not reach them.
 */
const longestText: Record<string, number> = {
  comment: 10_000,
  description: 10_000,
  modelCard: 200_000,
  reason: 10_000,
  source: 5_000,
  groupsCsv: 5_000,
  password: 5_000,
  currentPassword: 5_000,
  newPassword: 5_000,
};

interface Fault {
  /** Path to the argument, such as ['input', 'classes', '0', 'label']. */
  field: string[];
  message: string;
}

/**
 * Checks the arguments of every field of the schema before its resolver runs. The field fails if a text contains a NUL
 * character or half of a surrogate pair, which Postgres cannot store, or if a text or list is too long. A field whose payload
 * has
 * `userErrors` answers with INVALID there; any other ends with BAD_USER_INPUT. Changes `schema`.
 */
export function checkArguments(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.args.length === 0) continue;
      const payload = getNamedType(field.type);
      const hasUserErrors = isObjectType(payload) && 'userErrors' in payload.getFields();
      field.resolve = checked(field.args, field.resolve ?? defaultFieldResolver, hasUserErrors);
      if (field.subscribe) field.subscribe = checked(field.args, field.subscribe, false);
    }
  }
}

type Resolver = GraphQLFieldResolver<unknown, unknown, Record<string, unknown>>;

function checked(args: readonly GraphQLArgument[], resolve: Resolver, hasUserErrors: boolean): Resolver {
  return (source, values, context, info) => {
    const faults = args.flatMap((arg) => faultsOf(arg, values[arg.name], []));
    if (faults.length === 0) return resolve(source, values, context, info);
    if (hasUserErrors)
      return { userErrors: faults.map((fault) => ({ code: UserErrorCode.INVALID, ...fault })) };
    throw badUserInput(faults.map(({ message }) => message).join(' '));
  };
}

/** What is wrong with an argument or an input field, including its nested values. */
function faultsOf(
  { name, type }: GraphQLArgument | GraphQLInputField,
  value: unknown,
  above: string[],
): Fault[] {
  return faultsIn(type, value, name, [...above, name]);
}

function faultsIn(type: GraphQLInputType, value: unknown, name: string, field: string[]): Fault[] {
  if (isNonNullType(type)) return faultsIn(type.ofType, value, name, field);
  if (Array.isArray(value) && isListType(type)) {
    if (value.length > LONGEST_LIST) return [tooLong(field, value.length, LONGEST_LIST, 'entries')];
    return value.flatMap((entry, index) => faultsIn(type.ofType, entry, name, [...field, String(index)]));
  }
  if (typeof value === 'string') return faultsOfText(type, value, name, field);
  if (!isInputObjectType(type) || !isRecord(value)) return [];
  return Object.values(type.getFields()).flatMap((part) => faultsOf(part, value[part.name], field));
}

function faultsOfText(type: GraphQLInputType, text: string, name: string, field: string[]): Fault[] {
  const longest = type === GraphQLID ? LONGEST_ID : (longestText[name] ?? LONGEST_TEXT);
  if (text.length > longest) return [tooLong(field, text.length, longest, 'characters')];
  if (text.includes('\0'))
    return [{ field, message: `'${field.join('.')}' contains a NUL character, which no text may have.` }];
  if (/\p{Surrogate}/u.test(text)) {
    const message = `'${field.join('.')}' contains half of a surrogate pair (U+D800 to U+DFFF), which is not a character.`;
    return [{ field, message }];
  }
  return [];
}

function tooLong(field: string[], length: number, longest: number, unit: string): Fault {
  return { field, message: `'${field.join('.')}' has ${length} ${unit}; at most ${longest} are allowed.` };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
