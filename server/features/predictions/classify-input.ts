import type { GraphQLResolveInfo } from 'graphql';
import type { RequestContext } from '../../api/context.js';
import { idempotencyKeyOf } from '../../api/idempotency-key.js';
import type { ImageRequest } from './answer-request.js';
import type { ClassifyInput } from './types.js';

/** What a GraphQL request says about the image that it sends. */
export function requestOf(
  context: RequestContext,
  info: GraphQLResolveInfo,
  input: ClassifyInput | null | undefined,
): Omit<ImageRequest, 'readImage'> {
  return {
    caseReference: input?.caseReference ?? null,
    modelName: input?.modelName ?? null,
    modelVersionId: input?.modelVersionId ?? null,
    clientRequestId: input?.clientRequestId ?? idempotencyKeyOf(context, info),
    siteId: input?.siteId ?? null,
    deviceAnswer: input?.deviceAnswer ?? null,
  };
}
