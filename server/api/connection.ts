import { ArgsType, type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { z } from 'zod';
import { type IdPrefix, isId } from '../database/ids.js';
import type { ArgumentFault } from './argument-rules.js';
import { badUserInput } from './errors.js';

@ObjectType()
export class PageInfo {
  @Field(() => Boolean)
  hasNextPage!: boolean;

  @Field(() => Boolean)
  hasPreviousPage!: boolean;

  @Field(() => String, { nullable: true })
  startCursor!: string | null;

  @Field(() => String, { nullable: true })
  endCursor!: string | null;
}

export interface Edge<Row> {
  cursor: string;
  node: Row;
}

export interface Connection<Row> {
  edges: Edge<Row>[];
  pageInfo: PageInfo;
  totalCount: number;
}

/** The GraphQL types `NAMEEdge` and `NAMEConnection` of a paged list (Relay's cursor connections). */
export function connectionTypes<Row extends object>(name: string, nodeType: () => ClassType<Row>) {
  @ObjectType(`${name}Edge`)
  class EdgeType {
    @Field(() => String)
    cursor!: string;

    @Field(() => nodeType())
    node!: Row;
  }

  @ObjectType(`${name}Connection`)
  class ConnectionType {
    @Field(() => [EdgeType])
    edges!: EdgeType[];

    @Field(() => PageInfo)
    pageInfo!: PageInfo;

    @Field(() => Int)
    totalCount!: number;
  }

  return { EdgeType, ConnectionType };
}

/** The arguments of a field that returns a connection: `first` and `after`, or `last` and `before`. */
@ArgsType()
export class PageArguments {
  @Field(() => Int, { nullable: true })
  first?: number | null;

  @Field(() => String, { nullable: true })
  after?: string | null;

  @Field(() => Int, { nullable: true })
  last?: number | null;

  @Field(() => String, { nullable: true })
  before?: string | null;
}

/** A page to read: `size` rows after `cursor` or, with `last`/`before`, before it. */
export interface Page {
  size: number;
  backward: boolean;
  cursor: string | null;
}

export const DEFAULT_PAGE = 25;
export const LARGEST_PAGE = 200;

/** What is wrong with the paging arguments of a field. A cursor that is well-formed may still be of another list. */
export function faultsOfPaging({ first, after, last, before }: PageArguments): ArgumentFault[] {
  const faults: ArgumentFault[] = [];
  if ((last != null || before != null) && (first != null || after != null)) {
    const message =
      "Page forward with 'first' and 'after', or backward with 'last' and 'before'. Do not combine them.";
    faults.push({ field: [first != null ? 'first' : 'after'], message });
  }
  for (const [name, size] of Object.entries({ first, last })) {
    if (size == null || (size >= 1 && size <= LARGEST_PAGE)) continue;
    faults.push({ field: [name], message: `'${name}' must be from 1 to ${LARGEST_PAGE}, not ${size}.` });
  }
  for (const [name, cursor] of Object.entries({ after, before })) {
    if (cursor != null && !keyIn(cursor)) faults.push({ field: [name], message: notACursor(cursor) });
  }
  return faults;
}

/** Validates the paging arguments of a field. Throws BAD_USER_INPUT with a sentence that says what would be right. */
export function pageOf(pageArguments: PageArguments): Page {
  const [fault] = faultsOfPaging(pageArguments);
  if (fault) throw badUserInput(fault.message);
  const { first, after, last, before } = pageArguments;
  const backward = last != null || before != null;
  return {
    size: (backward ? last : first) ?? DEFAULT_PAGE,
    backward,
    cursor: (backward ? before : after) ?? null,
  };
}

/**
 * The connection of a page. `rows` are in the order of the query, at most `page.size + 1`: one row too many means that there are
 * more pages. The rows of a backward page start next to the cursor and are reversed here.
 */
export function connectionOf<Row>(
  page: Page,
  rows: Row[],
  cursorOf: (row: Row) => string,
  totalCount: number,
): Connection<Row> {
  const more = rows.length > page.size;
  const kept = rows.slice(0, page.size);
  if (page.backward) kept.reverse();
  const edges = kept.map((node) => ({ cursor: cursorOf(node), node }));
  return {
    edges,
    totalCount,
    pageInfo: {
      hasNextPage: page.backward ? page.cursor !== null : more,
      hasPreviousPage: page.backward ? more : page.cursor !== null,
      startCursor: edges.at(0)?.cursor ?? null,
      endCursor: edges.at(-1)?.cursor ?? null,
    },
  };
}

/**
 * A page of a list that is in memory. Throws BAD_USER_INPUT for a cursor that belongs to no row of the list.
 *
 * @param cursorOf the cursor of a row, different for each
 */
export function pageOfList<Row>(
  list: readonly Row[],
  pageArguments: PageArguments,
  cursorOf: (row: Row) => string,
): Connection<Row> {
  const page = pageOf(pageArguments);
  const ordered = page.backward ? list.toReversed() : list;
  const position = page.cursor === null ? -1 : ordered.findIndex((row) => cursorOf(row) === page.cursor);
  if (page.cursor !== null && position === -1)
    throw badUserInput(`'${page.cursor}' is not a cursor of this list. Start again from the first page.`);
  return connectionOf(page, ordered.slice(position + 1, position + 2 + page.size), cursorOf, list.length);
}

/** An opaque cursor with the sort key of a row: base64url of its JSON. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The sort key in a cursor; the caller must validate it. Throws BAD_USER_INPUT for a text that is not a cursor. */
export function decodeCursor(cursor: string): unknown[] {
  const key = keyIn(cursor);
  if (key) return key;
  throw badUserInput(notACursor(cursor));
}

function keyIn(cursor: string): unknown[] | null {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    return Array.isArray(key) ? key : null;
  } catch {
    return null;
  }
}

const notACursor = (cursor: string) =>
  `'${cursor}' is not a cursor. Send a cursor from the edges or pageInfo of a page.`;

/** The cursor of a row in a list that is sorted by createdAt, by the database's clock, and then by id. */
export function cursorOfTime({ createdAt, id }: { createdAt: Date; id: string }): string {
  return encodeCursor([createdAt.toISOString(), id]);
}

/**
 * The Prisma condition for the rows of a page in a list with the newest row first, whose cursors are of {@link cursorOfTime}. Without a
 * cursor, the condition is empty. Throws BAD_USER_INPUT for a cursor of another list.
 */
export function fromCursorOfTime(prefix: IdPrefix, { cursor, backward }: Pick<Page, 'cursor' | 'backward'>) {
  if (cursor === null) return {};
  const [time, id] = decodeCursor(cursor);
  const isTime = z.iso.datetime({ precision: 3 }).safeParse(time).success;
  if (typeof time === 'string' && isTime && typeof id === 'string' && isId(prefix, id)) {
    const createdAt = new Date(time);
    return backward
      ? { OR: [{ createdAt: { gt: createdAt } }, { createdAt, id: { gt: id } }] }
      : { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] };
  }
  throw badUserInput(`'${cursor}' is not a cursor of this list. Start again from the first page.`);
}

/** The newest row first, by the database's clock; a backward page is read from its end. Ids have the clock of the process that created them. */
export function newestFirst({ backward }: Pick<Page, 'backward'>) {
  const direction = backward ? ('asc' as const) : ('desc' as const);
  return [{ createdAt: direction }, { id: direction }];
}

/** The Prisma order of a page in a list that is sorted by one column, lowest first; a backward page is read from its end. */
export function lowestFirst({ backward }: Page) {
  return backward ? ('desc' as const) : ('asc' as const);
}

/** The Prisma condition on that column for the rows of the page. `keyOf` reads the column from a cursor. */
export function fromCursorOfKey<Key>({ cursor, backward }: Page, keyOf: (cursor: string) => Key) {
  if (cursor === null) return {};
  const key = keyOf(cursor);
  return backward ? { lt: key } : { gt: key };
}

/** The id in a cursor of a list that is sorted by id. Throws BAD_USER_INPUT for a cursor of another list. */
export function idInCursor(prefix: IdPrefix, cursor: string): string {
  const [id] = decodeCursor(cursor);
  if (typeof id === 'string' && isId(prefix, id)) return id;
  throw badUserInput(`'${cursor}' is not a cursor of this list.`);
}
