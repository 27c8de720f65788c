import { Field, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionTypes } from '../../api/connection.js';
import { Node } from '../../api/node.js';
import { UserError } from '../../api/user-error.js';
import { BulkClassificationStatus } from '../../database/generated/enums.js';

registerEnumType(BulkClassificationStatus, { name: 'BulkClassificationStatus' });

@ObjectType({
  implements: Node,
  description:
    'All images of a folder or bucket, classified by one version, each as a prediction of its own.',
})
export class BulkClassification extends Node {
  @Field(() => BulkClassificationStatus)
  status!: BulkClassificationStatus;

  @Field(() => String, { description: "'s3://bucket/prefix', 'file:/folder'" })
  source!: string;

  @Field(() => String, { nullable: true, description: 'Of every prediction it makes.' })
  caseReference!: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      'Image files; null until they have been counted. While it runs, files that were not looked at yet count as images.',
  })
  itemCount!: number | null;

  @Field(() => Int, { description: 'Files that have a prediction.' })
  doneCount!: number;

  @Field(() => Int, { description: 'Files that are images, or are called one, and could not be read.' })
  failedCount!: number;

  @Field(() => String, { nullable: true, description: 'Why it FAILED.' })
  error!: string | null;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => Date, { nullable: true })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true })
  finishedAt!: Date | null;
}

@ObjectType({ description: 'A file that could not be read as an image.' })
export class FailedFile {
  @Field(() => String, { description: 'Its path below the source.' })
  file!: string;

  @Field(() => String)
  error!: string;
}

export const { ConnectionType: BulkClassificationConnection } = connectionTypes(
  'BulkClassification',
  () => BulkClassification,
);
export const { ConnectionType: FailedFileConnection } = connectionTypes('FailedFile', () => FailedFile);

@InputType({ description: 'Default: the champion of the default model answers.' })
export class ClassifyFolderInput {
  @Field(() => String, { description: 's3://bucket/prefix, or file:/folder below what the server allows.' })
  source!: string;

  @Field(() => String, { nullable: true, description: "This model's champion answers." })
  modelName?: string | null;

  @Field(() => ID, { nullable: true, description: 'This version answers, champion or not.' })
  modelVersionId?: string | null;

  @Field(() => String, { nullable: true, description: 'Of every prediction: at most 200 characters.' })
  caseReference?: string | null;
}

@ObjectType()
export class BulkClassificationPayload {
  @Field(() => BulkClassification, { nullable: true })
  bulkClassification?: BulkClassification | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
