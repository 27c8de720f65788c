import { type ClassType, Field, Int, ObjectType } from 'type-graphql';
import { z } from 'zod';
import { type IdPrefix, isId } from '../database/ids.js';
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

export interface PageArguments {
  first?: number | null;
  after?: string | null;
  last?: number | null;
  before?: string | null;
}

/** One page to read: `size` rows, forward from `cursor` or (with `last`/`before`) backward from it. */
export interface Page {
  size: number;
  backward: boolean;
  cursor: string | null;
}

const DEFAULT_PAGE = 25;
export const LARGEST_PAGE = 200;

/** Checks a field's paging arguments. Throws BAD_USER_INPUT with a sentence that says what would be right. */
export function pageOf({ first, after, last, before }: PageArguments): Page {
  const backward = last != null || before != null;
  if (backward && (first != null || after != null)) {
    throw badUserInput(
      "Page forward with 'first' and 'after', or backward with 'last' and 'before', not with both.",
    );
  }
  const size = (backward ? last : first) ?? DEFAULT_PAGE;
  if (size < 1 || size > LARGEST_PAGE) {
    throw badUserInput(`'${backward ? 'last' : 'first'}' must be from 1 to ${LARGEST_PAGE}, not ${size}.`);
  }
  return { size, backward, cursor: (backward ? before : after) ?? null };
}

/**
 * The connection of a page. `rows` are in reading order of the query: at most `page.size + 1`, the one too many saying
 * that there are more; backward pages come newest to oldest of what precedes the cursor and are turned round here.
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

/** An opaque cursor that carries a row's sort key: base64url of its JSON. */
export function encodeCursor(key: readonly (string | number)[]): string {
  return Buffer.from(JSON.stringify(key)).toString('base64url');
}

/** The sort key in a cursor, for the caller to check. Throws BAD_USER_INPUT for what no page of ours handed out. */
export function decodeCursor(cursor: string): unknown[] {
  try {
    const key: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString());
    if (Array.isArray(key)) return key;
  } catch {
    // falls through to the one error
  }
  throw badUserInput(`'${cursor}' is not a cursor: pass one that a page's edges or pageInfo gave.`);
}

/** The cursor of a row in a list that is sorted by the database's time, and by id where that is the same. */
export function cursorOfTime({ createdAt, id }: { createdAt: Date; id: string }): string {
  return encodeCursor([createdAt.toISOString(), id]);
}

/**
 * What lies behind a cursor of {@link cursorOfTime} in a list that begins with the newest row, as a condition of Prisma;
 * nothing to ask for without a cursor. Throws BAD_USER_INPUT for a cursor of another list.
 */
export function olderThan(prefix: IdPrefix, cursor: string | null) {
  if (cursor === null) return {};
  const [time, id] = decodeCursor(cursor);
  const isTime = z.iso.datetime({ precision: 3 }).safeParse(time).success;
  if (typeof time === 'string' && isTime && typeof id === 'string' && isId(prefix, id)) {
    const createdAt = new Date(time);
    return { OR: [{ createdAt: { lt: createdAt } }, { createdAt, id: { lt: id } }] };
  }
  throw badUserInput(`'${cursor}' is not a cursor of this list: begin again from the first page.`);
}

/** The newest row first, by the database's clock: ids have that of the process that made them. */
export const NEWEST_FIRST = [{ createdAt: 'desc' as const }, { id: 'desc' as const }];

/** The id in a cursor of a list that is sorted by id. Throws BAD_USER_INPUT for a cursor of another list. */
export function idInCursor(prefix: IdPrefix, cursor: string): string {
  const [id] = decodeCursor(cursor);
  if (typeof id === 'string' && isId(prefix, id)) return id;
  throw badUserInput(`'${cursor}' is not a cursor of this list.`);
}
