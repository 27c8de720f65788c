import {
  defaultFieldResolver,
  getNamedType,
  GraphQLID,
  type GraphQLArgument,
  GraphQLError,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLInputField,
  type GraphQLInputType,
  type GraphQLObjectType,
  type GraphQLSchema,
  isInputObjectType,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import {
  type ArgumentFault,
  type ArgumentRule,
  checkedByOperation,
  faultsOfRanges,
  faultsOfValue,
} from '../api/argument-rules.js';
import { faultsOfPaging } from '../api/connection.js';
import type { RequestContext } from '../api/context.js';
import { ErrorCode } from '../api/error-codes.js';
import { UserErrorCode } from '../api/user-error.js';
import { ruleOf } from './argument-rules.js';

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

/**
 * Checks the arguments of every field of the schema before its resolver runs. The field fails if an argument breaks its rule (see
 * `ruleOf`), if a text contains a NUL character or half of a surrogate pair, which Postgres cannot store, or if a text or list is
 * too long. A field whose payload has `userErrors` answers with INVALID there; any other ends with BAD_USER_INPUT. Changes `schema`.
 */
export function checkArguments(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      if (field.args.length === 0) continue;
      const hasUserErrors = reportsUserErrors(field);
      const faultsIn = (values: Record<string, unknown>, rules: Rules) =>
        faultsOfField(type, field, values, rules);
      field.resolve = checked(faultsIn, field.resolve ?? defaultFieldResolver, hasUserErrors);
      if (field.subscribe) field.subscribe = checked(faultsIn, field.subscribe, false);
    }
  }
}

/** Whether the payload of a field has `userErrors`. */
export function reportsUserErrors(field: GraphQLField<unknown, unknown>): boolean {
  const payload = getNamedType(field.type);
  return isObjectType(payload) && 'userErrors' in payload.getFields();
}

/** The rule of an argument, by its schema coordinate. */
type Rules = (coordinate: string) => ArgumentRule | undefined;

/** For callers who are not signed in: their operations are refused because of that, not because of an argument. */
const noRules: Rules = () => undefined;

type Resolver = GraphQLFieldResolver<unknown, RequestContext, Record<string, unknown>>;

function checked(
  faultsIn: (values: Record<string, unknown>, rules: Rules) => ArgumentFault[],
  resolve: Resolver,
  hasUserErrors: boolean,
): Resolver {
  return (source, values, context, info) => {
    const faults = faultsIn(values, context.viewer ? ruleOf : noRules);
    if (faults.length === 0) return resolve(source, values, context, info);
    if (hasUserErrors)
      return { userErrors: faults.map((fault) => ({ code: UserErrorCode.INVALID, ...fault })) };
    throw new GraphQLError(faults.map(({ message }) => message).join(' '), {
      extensions: { code: ErrorCode.BAD_USER_INPUT, argument: faults[0]?.field },
    });
  };
}

/** What is wrong with the arguments of a field. */
export function faultsOfField(
  type: GraphQLObjectType,
  { name, args }: GraphQLField<unknown, unknown>,
  values: Record<string, unknown>,
  rules: Rules,
): ArgumentFault[] {
  const owner = `${type.name}.${name}`;
  const ofArguments = args.flatMap((arg) => faultsOf(owner, arg, values[arg.name], [], rules));
  if (rules === noRules) return ofArguments;
  // Subscriptions have `after` without pages, and more can be meant by it than a cursor.
  const hasPages = args.some((arg) => arg.name === 'first');
  return [...ofArguments, ...faultsOfRanges(values, []), ...(hasPages ? faultsOfPaging(values) : [])];
}

/** What is wrong with an argument or an input field, including its nested values. `owner` is the schema coordinate of its field or input. */
function faultsOf(
  owner: string,
  { name, type }: GraphQLArgument | GraphQLInputField,
  value: unknown,
  above: string[],
  rules: Rules,
): ArgumentFault[] {
  return faultsIn(type, value, `${owner}.${name}`, [...above, name], rules);
}

function faultsIn(
  type: GraphQLInputType,
  value: unknown,
  coordinate: string,
  field: string[],
  rules: Rules,
): ArgumentFault[] {
  if (isNonNullType(type)) return faultsIn(type.ofType, value, coordinate, field, rules);
  if (Array.isArray(value) && isListType(type)) {
    if (value.length > LONGEST_LIST) return [tooLong(field, value.length, LONGEST_LIST, 'entries')];
    return value.flatMap((entry, index) =>
      faultsIn(type.ofType, entry, coordinate, [...field, String(index)], rules),
    );
  }
  if (isInputObjectType(type) && isRecord(value)) {
    const ofParts = Object.values(type.getFields()).flatMap((part) =>
      faultsOf(type.name, part, value[part.name], field, rules),
    );
    return rules === noRules ? ofParts : [...ofParts, ...faultsOfRanges(value, field)];
  }
  const ofText = typeof value === 'string' ? faultsOfText(type, value, coordinate, field) : [];
  if (ofText.length > 0) return ofText;
  return faultsOfValue(rules(coordinate) ?? checkedByOperation, value, field);
}

function faultsOfText(
  type: GraphQLInputType,
  text: string,
  coordinate: string,
  field: string[],
): ArgumentFault[] {
  const name = coordinate.slice(coordinate.lastIndexOf('.') + 1);
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

function tooLong(field: string[], length: number, longest: number, unit: string): ArgumentFault {
  return { field, message: `'${field.join('.')}' has ${length} ${unit}; at most ${longest} are allowed.` };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;
