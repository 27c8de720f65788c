import { Field, Float, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionTypes } from '../../api/connection.js';
import { Node } from '../../api/node.js';
import { UserError } from '../../api/user-error.js';
import { DatasetSnapshotStatus, FindingSeverity, SkipReason } from '../../database/generated/enums.js';

registerEnumType(DatasetSnapshotStatus, {
  name: 'DatasetSnapshotStatus',
  description: 'What became of an ingestion. Only a READY snapshot is whole, and it never changes again.',
  valuesConfig: {
    REJECTED: { description: 'The data was read and is not fit to learn from: the findings say why.' },
    FAILED: { description: 'The data could not be read: the finding says what to do.' },
  },
});

registerEnumType(FindingSeverity, {
  name: 'FindingSeverity',
  description: 'An ERROR rejects the snapshot; a WARNING must be acknowledged by name to train on it.',
});

registerEnumType(SkipReason, {
  name: 'SkipReason',
  description: 'Why a file below a source is not taken.',
  valuesConfig: {
    SYSTEM_FILE: {
      description:
        "Operating systems and other programs leave it behind: '@eaDir', '.DS_Store', 'Thumbs.db', hidden files, folder markers. These are only counted.",
    },
    NOT_AN_IMAGE: { description: 'Neither its content nor its name is that of an image.' },
    UNREADABLE: { description: 'It is an image, or is called one, and cannot be read.' },
    NO_CLASS_FOLDER: { description: 'It is directly in the source, and so has no label.' },
    UNCHOSEN_FOLDER: {
      description: 'It is in none of the folders of the class mapping. These are only counted.',
    },
    GROUPS_CSV: { description: 'It is the groups CSV.' },
    NOT_READ: {
      description: 'The snapshot was rejected before any file was read. These are only counted.',
    },
  },
});

@ObjectType({ description: 'How many files were skipped for one reason.' })
export class SkipCount {
  @Field(() => SkipReason)
  reason!: SkipReason;

  @Field(() => Int)
  count!: number;
}

@ObjectType({ description: 'A file below a source that is not taken, and why.' })
export class SkippedFile {
  @Field(() => String, { description: 'Its path below the source.' })
  file!: string;

  @Field(() => SkipReason)
  reason!: SkipReason;

  @Field(() => String, { description: 'What is wrong with it, in a sentence.' })
  detail!: string;
}

@ObjectType({ description: 'A folder below a source, and the label of its images.' })
export class FolderLabel {
  @Field(() => String)
  folder!: string;

  @Field(() => String)
  label!: string;
}

@ObjectType()
export class LabelCount {
  @Field(() => String)
  label!: string;

  @Field(() => Int)
  count!: number;
}

@ObjectType({ description: 'What validation found in a snapshot.' })
export class ValidationFinding {
  @Field(() => String, { description: "Which check found it, such as 'label-conflict'." })
  check!: string;

  @Field(() => FindingSeverity)
  severity!: FindingSeverity;

  @Field(() => String, { description: 'What was found, what it means, and what would be right.' })
  message!: string;

  @Field(() => Int, { description: 'How many files, rows, groups or images it concerns.' })
  count!: number;

  @Field(() => [String], { description: 'The first of them.' })
  examples!: string[];

  @Field(() => Float, {
    nullable: true,
    description: 'What was measured: an AUC, an association, a stability index, …; the message says which.',
  })
  statistic?: number | null;

  @Field(() => Float, { nullable: true, description: 'Where the statistic begins to count.' })
  threshold?: number | null;

  @Field(() => [FolderLabel], {
    nullable: true,
    description:
      'The class mapping with which a new snapshot of the same source does not have this finding; null where none is known.',
  })
  classes?: FolderLabel[] | null;
}

@ObjectType({ implements: Node, description: 'An immutable set of labelled images.' })
export class DatasetSnapshot extends Node {
  @Field(() => String)
  name!: string;

  @Field(() => Int, { description: 'Counts up per name.' })
  version!: number;

  @Field(() => DatasetSnapshotStatus)
  status!: DatasetSnapshotStatus;

  @Field(() => String, {
    nullable: true,
    description: 'SHA-256 of the sorted manifest: the same content has the same digest. Null until READY.',
  })
  digest?: string | null;

  @Field(() => String, { description: "'s3://bucket/prefix' or 'file:/folder'." })
  source!: string;

  @Field(() => Int)
  itemCount!: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'Files below the source: its items and all that were skipped. Null until the ingestion has ended, and for snapshots from before files were counted.',
  })
  fileCount?: number | null;

  @Field(() => String, { nullable: true, description: 'Key, inside source, of the groups CSV.' })
  groupsCsv?: string | null;

  @Field(() => Float, { description: 'How far the ingestion is, 0 to 1.' })
  progress!: number;

  @Field(() => Date)
  createdAt!: Date;
}

@ObjectType()
export class DatasetItem {
  @Field(() => String, { description: "Path below the snapshot's source." })
  key!: string;

  @Field(() => String)
  label!: string;

  @Field(() => String, { nullable: true, description: 'Patient or slide.' })
  group?: string | null;

  @Field(() => String, { nullable: true, description: "'train', 'validation' or 'test'." })
  split?: string | null;
}

export const { ConnectionType: DatasetItemConnection } = connectionTypes('DatasetItem', () => DatasetItem);
export const { ConnectionType: SkippedFileConnection } = connectionTypes('SkippedFile', () => SkippedFile);
export const { ConnectionType: DatasetSnapshotConnection } = connectionTypes(
  'DatasetSnapshot',
  () => DatasetSnapshot,
);

@InputType()
export class ClassMappingInput {
  @Field(() => String, { description: 'A folder below the source.' })
  folder!: string;

  @Field(() => String, { description: 'The label of its images; several folders may have the same.' })
  label!: string;
}

@InputType()
export class CreateDatasetSnapshotInput {
  @Field(() => String, { description: 'Small letters, digits and dashes.' })
  name!: string;

  @Field(() => String, {
    description: "'s3://bucket/prefix' or, where the server allows it, 'file:/allowed/folder'.",
  })
  source!: string;

  @Field(() => [ClassMappingInput], { nullable: true, description: 'Default: one class per sub-folder.' })
  classes?: ClassMappingInput[] | null;

  @Field(() => String, {
    nullable: true,
    description: "Key, inside source, of a CSV (file, patient[, split]) that gives each item's group.",
  })
  groupsCsv?: string | null;
}

@ObjectType()
export class DatasetSnapshotPayload {
  @Field(() => DatasetSnapshot, { nullable: true })
  datasetSnapshot?: DatasetSnapshot | null;

  @Field(() => [UserError])
  userErrors!: UserError[];
}
