import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType({
  description:
    'An image, stored once under the SHA-256 of its bytes even if it is uploaded or ingested several times.',
})
export class StoredImage {
  @Field(() => String)
  sha256!: string;

  @Field(() => Int, { description: 'Width in pixels, after applying the EXIF orientation.' })
  width!: number;

  @Field(() => Int)
  height!: number;

  @Field(() => Int)
  byteSize!: number;

  @Field(() => String, {
    description: "Detected from the bytes, not from the file name, such as 'image/png'.",
  })
  mediaType!: string;
}

export interface ImageRow {
  sha256: string;
  width: number;
  height: number;
  byteSize: number;
  mediaType: string;
}
