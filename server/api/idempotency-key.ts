import type { GraphQLResolveInfo } from 'graphql';
import type { RequestContext } from './context.js';

/**
 * The request's Idempotency-Key for one field of an operation; null without one. Fields with an alias get separate keys, so that
 * one operation can have several.
 */
export function idempotencyKeyOf(
  { idempotencyKey }: Pick<RequestContext, 'idempotencyKey'>,
  { path, fieldName }: GraphQLResolveInfo,
): string | null {
  if (idempotencyKey === null || path.key === fieldName) return idempotencyKey;
  return `${idempotencyKey} ${path.key}`;
}
