import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionTypes } from '../../api/connection.js';
import { Needs } from '../../api/needs.js';
import { Node } from '../../api/node.js';
import { UserError } from '../../api/user-error.js';
import { BulkClassificationStatus, ImageKind } from '../../database/generated/enums.js';

registerEnumType(BulkClassificationStatus, { name: 'BulkClassificationStatus' });
registerEnumType(ImageKind, {
  name: 'ImageKind',
  description: 'What the images of a folder show.',
  valuesConfig: {
    CELL: { description: 'Each image shows one cell.' },
    FIELD: { description: 'Each image is a field: each of its cells becomes a prediction.' },
    AUTOMATIC: {
      description:
        'An image with several whole cells is a field, and any other image is classified as one cell.',
    },
  },
});

@ObjectType({
  implements: Node,
  description:
    'A job that classifies all images of a folder or bucket with one version. Each image, or each cell of a field, becomes a separate prediction.',
})
export class BulkClassification extends Node {
  @Field(() => BulkClassificationStatus)
  status!: BulkClassificationStatus;

  @Field(() => String, {
    description: "'s3://bucket/prefix', 'file:/folder'; empty after its case was erased.",
  })
  source!: string;

  @Needs('see images')
  @Field(() => String, {
    nullable: true,
    description: 'The case reference of every prediction of the job. Null for auditors.',
  })
  caseReference!: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'The number of image files. Null until the files have been counted. While the job runs, files that have not been inspected yet count as images.',
  })
  itemCount!: number | null;

  @Field(() => ImageKind, { description: 'What its images show.' })
  imageKind!: ImageKind;

  @Field(() => Int, { description: 'The number of files that have a prediction or a field.' })
  doneCount!: number;

  @Field(() => Int, {
    description: "The number of files that are images, or have an image's file name, but could not be read.",
  })
  failedCount!: number;

  @Needs('see images')
  @Field(() => String, {
    nullable: true,
    description: 'Why it FAILED. Null for auditors, because it may name a file.',
  })
  error!: string | null;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => Date, { nullable: true })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true })
  finishedAt!: Date | null;

  @Field(() => Date, {
    nullable: true,
    description:
      'When its case was erased, with the source, the files and the results. Its counts are 0 since then.',
  })
  erasedAt!: Date | null;
}

@ObjectType({ description: 'A file that could not be read as an image.' })
export class FailedFile {
  @Field(() => String, { description: 'Path below the source.' })
  file!: string;

  @Field(() => String)
  error!: string;
}

export const { ConnectionType: BulkClassificationConnection } = connectionTypes(
  'BulkClassification',
  () => BulkClassification,
);
export const { ConnectionType: FailedFileConnection } = connectionTypes('FailedFile', () => FailedFile);

@InputType({ description: 'By default the champion of the default model is used.' })
export class ClassifyFolderInput {
  @Field(() => String, {
    description: "'s3://bucket/prefix', or 'file:/folder' for a folder that the server allows.",
  })
  source!: string;

  @Field(() => String, { nullable: true, description: 'Use the champion of this model.' })
  modelName?: string | null;

  @Field(() => ID, { nullable: true, description: 'Use this version, even if it is not the champion.' })
  modelVersionId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: 'The case reference of every prediction: at most 200 characters.',
  })
  caseReference?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      'An id that you choose for this request, to repeat it safely: with the same id and input, a repeat within 24 hours ' +
      'returns the first bulk classification. The header Idempotency-Key means the same.',
  })
  clientRequestId?: string | null;

  @Field(() => ImageKind, { nullable: true, description: 'What the images show. Default: CELL.' })
  imageKind?: ImageKind | null;

  @Field(() => ID, {
    nullable: true,
    description: "The site of every prediction, one of the viewer's. Default: the viewer's first site.",
  })
  siteId?: string | null;
}

@ObjectType()
export class BulkClassificationPayload {
  @Field(() => BulkClassification, { nullable: true })
  bulkClassification?: BulkClassification | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
