import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../api/context.js';
import { fileUrl } from '../../api/file-url.js';
import { type ImageRow, StoredImage } from './types.js';

@Resolver(() => StoredImage)
export class StoredImageResolver {
  @FieldResolver(() => String, { description: 'The bytes as they were uploaded or ingested.' })
  url(@Root() { sha256 }: ImageRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/images/${sha256}`);
  }

  @FieldResolver(() => String, { description: 'A small picture of it.' })
  thumbnailUrl(@Root() { sha256 }: ImageRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/images/${sha256}/thumbnail`);
  }
}
