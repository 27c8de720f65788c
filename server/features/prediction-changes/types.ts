import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { PageInfo } from '../../api/connection.js';
import { PredictionChangeKind } from '../../database/generated/enums.js';

registerEnumType(PredictionChangeKind, {
  name: 'PredictionChangeKind',
  description: 'Later releases may add others.',
  valuesConfig: {
    CREATED: { description: 'The prediction was made.' },
    REVIEWED: { description: 'A review was added to the prediction.' },
    REVIEW_WITHDRAWN: { description: 'The reviewer took back a review of the prediction.' },
    MOVED: { description: 'The prediction was moved to another case.' },
    ERASED: { description: 'The prediction was removed with its case.' },
  },
});

@ObjectType({ description: 'One change of the history of predictions.' })
export class PredictionChange {
  @Field(() => String, { description: 'Follow the history from here: `predictionChanges(after: …)`.' })
  cursor!: string;

  @Field(() => Date)
  createdAt!: Date;

  @Field(() => PredictionChangeKind)
  kind!: PredictionChangeKind;

  @Field(() => ID)
  predictionId!: string;
}

@ObjectType()
export class PredictionChangeEdge {
  @Field(() => String)
  cursor!: string;

  @Field(() => PredictionChange)
  node!: PredictionChange;
}

@ObjectType()
export class PredictionChangeConnection {
  @Field(() => [PredictionChangeEdge])
  edges!: PredictionChangeEdge[];

  @Field(() => PageInfo, {
    description:
      'On a page without changes, endCursor is the cursor that was sent, or that of the start of the history, so that it can be sent again.',
  })
  pageInfo!: PageInfo;
}
