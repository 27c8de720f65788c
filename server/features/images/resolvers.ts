import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../api/context.js';
import { fileUrl } from '../../api/file-url.js';
import { Needs } from '../../api/needs.js';
import { type ImageRow, StoredImage } from './types.js';

@Resolver(() => StoredImage)
export class StoredImageResolver {
  @FieldResolver(() => String, { description: 'Address of the image without its metadata.' })
  url(@Root() { sha256 }: ImageRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/images/${sha256}`);
  }

  @Needs('download original images')
  @FieldResolver(() => String, {
    nullable: true,
    description:
      'Address of the original bytes, as uploaded or ingested, with metadata. Null for users who may not download originals.',
  })
  originalUrl(@Root() { sha256 }: ImageRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/images/${sha256}/original`);
  }

  @FieldResolver(() => String, { description: 'Address of a thumbnail of the image.' })
  thumbnailUrl(@Root() { sha256 }: ImageRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/images/${sha256}/thumbnail`);
  }
}
