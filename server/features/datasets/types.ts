import { Field, Float, ID, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { connectionTypes } from '../../api/connection.js';
import { Needs } from '../../api/needs.js';
import { Node } from '../../api/node.js';
import { UserError } from '../../api/user-error.js';
import {
  DatasetSnapshotStatus,
  FindingSeverity,
  ReviewOrigin,
  SkipReason,
} from '../../database/generated/enums.js';

registerEnumType(DatasetSnapshotStatus, {
  name: 'DatasetSnapshotStatus',
  description: 'The state of an ingestion. Only a READY snapshot is complete. It never changes.',
  valuesConfig: {
    REJECTED: {
      description: 'The data was read but is not suitable for training. The findings explain why.',
    },
    FAILED: { description: 'The data could not be read. The finding explains what to do.' },
  },
});

registerEnumType(FindingSeverity, {
  name: 'FindingSeverity',
  description:
    'An ERROR rejects the snapshot. A WARNING must be acknowledged by name before training on the snapshot.',
});

registerEnumType(SkipReason, {
  name: 'SkipReason',
  description: 'Why a file below the source is skipped.',
  valuesConfig: {
    SYSTEM_FILE: {
      description:
        "A file that an operating system or another program created: '@eaDir', '.DS_Store', 'Thumbs.db', hidden files, folder markers. These files are counted, not listed.",
    },
    NOT_AN_IMAGE: { description: 'A file whose content and name are not those of an image.' },
    UNREADABLE: { description: "A file that is an image, or has an image's file name, but cannot be read." },
    NO_CLASS_FOLDER: {
      description: 'A file directly in the source folder: it has no class folder and so no label.',
    },
    UNCHOSEN_FOLDER: {
      description:
        'A file in a folder that the class mapping does not include. These files are counted, not listed.',
    },
    GROUPS_CSV: { description: 'The groups CSV itself.' },
    NOT_READ: {
      description: 'The snapshot was rejected before the file was read. These files are counted, not listed.',
    },
  },
});

@ObjectType({ description: 'The number of files that were skipped for one reason.' })
export class SkipCount {
  @Field(() => SkipReason)
  reason!: SkipReason;

  @Field(() => Int)
  count!: number;
}

@ObjectType({ description: 'A file below the source that was skipped, and the reason.' })
export class SkippedFile {
  @Field(() => String, { description: 'Path below the source.' })
  file!: string;

  @Field(() => SkipReason)
  reason!: SkipReason;

  @Field(() => String, { description: 'One sentence about what is wrong with the file.' })
  detail!: string;
}

@ObjectType({ description: 'A folder below the source, and the label of its images.' })
export class FolderLabel {
  @Field(() => String)
  folder!: string;

  @Field(() => String)
  label!: string;
}

@ObjectType({ description: 'A problem or fact that validation found in a snapshot.' })
export class ValidationFinding {
  @Field(() => String, { description: "The check that reported the finding, such as 'label-conflict'." })
  check!: string;

  @Field(() => FindingSeverity)
  severity!: FindingSeverity;

  @Field(() => String, {
    description:
      'What was found, what it means, and how to correct it. Auditors get a general sentence where the message may name files or patients.',
  })
  message!: string;

  @Field(() => Int, { description: 'The number of files, rows, groups or images that are affected.' })
  count!: number;

  @Needs('see dataset items')
  @Field(() => [String], {
    description: 'The first affected files, rows, groups or images. Empty for auditors.',
  })
  examples!: string[];

  @Field(() => Float, {
    nullable: true,
    description:
      'The measured value, such as an AUC, an association or a stability index. The message names the measure.',
  })
  statistic?: number | null;

  @Field(() => Float, {
    nullable: true,
    description: 'The limit from which the statistic is reported as a finding.',
  })
  threshold?: number | null;

  @Field(() => [FolderLabel], {
    nullable: true,
    description:
      'A class mapping that avoids this finding in a new snapshot of the same source. Null if none is known.',
  })
  classes?: FolderLabel[] | null;
}

@ObjectType({ implements: Node, description: 'An immutable set of labelled images.' })
export class DatasetSnapshot extends Node {
  @Field(() => String)
  name!: string;

  @Field(() => Int, { description: 'Starts at 1 for each name and increases by 1.' })
  version!: number;

  @Field(() => DatasetSnapshotStatus)
  status!: DatasetSnapshotStatus;

  @Field(() => String, {
    nullable: true,
    description:
      'SHA-256 of the sorted manifest. The same content always has the same digest. Null until the snapshot is READY.',
  })
  digest?: string | null;

  @Field(() => String, {
    description: "'s3://bucket/prefix', 'file:/folder', or 'reviews' for a snapshot of reviewed predictions.",
  })
  source!: string;

  @Field(() => Int, { description: 'The number of items when the snapshot was made.' })
  itemCount!: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'The number of files below the source: items and skipped files. Null until the ingestion has finished, and for snapshots of releases that did not count files.',
  })
  fileCount?: number | null;

  @Field(() => String, { nullable: true, description: 'Key of the groups CSV, below source.' })
  groupsCsv?: string | null;

  @Field(() => Float, { description: 'Progress of the ingestion, 0 to 1.' })
  progress!: number;

  @Field(() => Date)
  createdAt!: Date;
}

@ObjectType()
export class DatasetItem {
  @Needs('see dataset items')
  @Field(() => String, { description: "Path below the snapshot's source." })
  key!: string;

  @Field(() => String)
  label!: string;

  @Needs('see dataset items')
  @Field(() => String, { nullable: true, description: 'The patient or slide that the item belongs to.' })
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

  @Field(() => String, {
    description: "The label of the folder's images. Several folders may have the same label.",
  })
  label!: string;
}

const modelVersionOfReviews = 'Only predictions of this version. Null: of all versions.';
const siteOfReviews = 'Only predictions of this site. Null: of all sites that the creator sees.';
const reviewsFrom = 'Only reviews from this time on.';
const reviewsTo = 'Only reviews before this time.';
const baseOfReviews =
  'A READY snapshot of folders or buckets whose items the new snapshot has too, so that a model can be trained on both.';

@ObjectType({ description: 'Which reviewed predictions a snapshot has.' })
export class ReviewedPredictions {
  @Field(() => ID, { nullable: true, description: modelVersionOfReviews })
  modelVersionId?: string | null;

  @Field(() => ID, { nullable: true, description: siteOfReviews })
  siteId?: string | null;

  @Field(() => Date, { nullable: true, description: reviewsFrom })
  from?: Date | null;

  @Field(() => Date, { nullable: true, description: reviewsTo })
  to?: Date | null;

  @Field(() => [ReviewOrigin], { description: 'How the cells were chosen for their review.' })
  origins!: ReviewOrigin[];

  @Field(() => ID, { nullable: true, description: baseOfReviews })
  baseSnapshotId?: string | null;
}

@InputType()
export class ReviewedPredictionsInput {
  @Field(() => ID, { nullable: true, description: modelVersionOfReviews })
  modelVersionId?: string | null;

  @Field(() => ID, { nullable: true, description: siteOfReviews })
  siteId?: string | null;

  @Field(() => Date, { nullable: true, description: reviewsFrom })
  from?: Date | null;

  @Field(() => Date, { nullable: true, description: reviewsTo })
  to?: Date | null;

  @Field(() => [ReviewOrigin], {
    nullable: true,
    description:
      'How the cells were chosen for their review. Defaults to RANDOM_SAMPLE and WHOLE_SET. With the others, cells are chosen because of their prediction, and the snapshot gets a WARNING.',
  })
  origins?: ReviewOrigin[] | null;

  @Field(() => ID, { nullable: true, description: baseOfReviews })
  baseSnapshotId?: string | null;
}

@InputType()
export class CreateDatasetSnapshotInput {
  @Field(() => String, { description: 'Lower-case letters, digits and hyphens.' })
  name!: string;

  @Field(() => String, {
    description:
      "'s3://bucket/prefix' or, where the server allows it, 'file:/allowed/folder'. 'reviews' makes a snapshot of reviewed predictions with their final labels. " +
      'The case of a prediction is the group of its item, as a pseudonym.',
  })
  source!: string;

  @Field(() => ReviewedPredictionsInput, {
    nullable: true,
    description:
      "Which reviewed predictions, with the source 'reviews'. Never with `classes` or `groupsCsv`.",
  })
  reviews?: ReviewedPredictionsInput | null;

  @Field(() => [ClassMappingInput], { nullable: true, description: 'Defaults to one class per sub-folder.' })
  classes?: ClassMappingInput[] | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Key, below source, of a CSV file (columns: file, patient, optionally split) that gives each item's group.",
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
