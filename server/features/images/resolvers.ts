import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import type { RequestContext } from '../../api/context.js';
import { fileUrl } from '../../api/file-url.js';
import { type ImageRow, StoredImage } from './types.js';

@Resolver(() => StoredImage)
export class StoredImageResolver {
  @FieldResolver(() => String, { description: 'Address of the original bytes, as uploaded or ingested.' })
  url(@Root() { sha256 }: ImageRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/images/${sha256}`);
  }

  @FieldResolver(() => String, { description: 'Address of a thumbnail of the image.' })
  thumbnailUrl(@Root() { sha256 }: ImageRow, @Ctx() context: RequestContext): string {
    return fileUrl(context, `/images/${sha256}/thumbnail`);
  }
}
