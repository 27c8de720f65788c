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
}

export interface ImageRow {
  sha256: string;
  width: number;
  height: number;
  byteSize: number;
  mediaType: string;
}
