import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { may } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { fileUrl } from '../../api/file-url.js';
import { type ImageRow, StoredImage } from './types.js';

@Resolver(() => StoredImage)
export class StoredImageResolver {
  @FieldResolver(() => String, { description: 'Address of the image without its metadata.' })
  url(@Root() { sha256 }: ImageRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/images/${sha256}`);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Address of the original bytes, as uploaded or ingested, with metadata. Null for users who may not download originals.',
  })
  originalUrl(@Root() { sha256 }: ImageRow, @Ctx() context: RequestContext): string | null {
    if (!context.viewer || !may(context.viewer, 'download original images')) return null;
    return fileUrl(context, `/images/${sha256}/original`);
  }

  @FieldResolver(() => String, { description: 'Address of a thumbnail of the image.' })
  thumbnailUrl(@Root() { sha256 }: ImageRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/images/${sha256}/thumbnail`);
  }
}
