import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../api/context.js';
import { fileUrl, RELATIVE_URL } from '../../api/file-url.js';
import { Needs } from '../../api/needs.js';
import { type ImageRow, StoredImage } from './types.js';

@Resolver(() => StoredImage)
export class StoredImageResolver {
  @FieldResolver(() => String, { description: `The image without its metadata. ${RELATIVE_URL}` })
  url(@Root() { sha256 }: ImageRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/images/${sha256}`);
  }

  @Needs('download original images')
  @FieldResolver(() => String, {
    nullable: true,
    description: `The original bytes, as uploaded or ingested, with metadata. Null for users who may not download originals. ${RELATIVE_URL}`,
  })
  originalUrl(@Root() { sha256 }: ImageRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/images/${sha256}/original`);
  }

  @FieldResolver(() => String, {
    description: `A small JPEG of the image; ?size= is its longest side in pixels, 16 to 1,024, by default 160. ${RELATIVE_URL}`,
  })
  thumbnailUrl(@Root() { sha256 }: ImageRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/images/${sha256}/thumbnail`);
  }
}
