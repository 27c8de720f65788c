import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType({ description: 'An image kept once under the SHA-256 of its bytes, however often it is used.' })
export class StoredImage {
  @Field(() => String)
  sha256!: string;

  @Field(() => Int, { description: 'Pixels, upright.' })
  width!: number;

  @Field(() => Int)
  height!: number;

  @Field(() => Int)
  byteSize!: number;

  @Field(() => String, { description: "Found in the bytes, not in a file's name: 'image/png'." })
  mediaType!: string;

  @Field(() => String, { description: 'The bytes as they were uploaded or ingested.' })
  url!: string;

  @Field(() => String, { description: 'A small picture of it.' })
  thumbnailUrl!: string;
}

export interface ImageRow {
  sha256: string;
  width: number;
  height: number;
  byteSize: number;
  mediaType: string;
}

export function storedImageOf({ sha256, width, height, byteSize, mediaType }: ImageRow): StoredImage {
  const url = `/files/images/${sha256}`;
  return { sha256, width, height, byteSize, mediaType, url, thumbnailUrl: `${url}/thumbnail` };
}
