import { Field, ID, InputType, ObjectType } from 'type-graphql';
import { Needs } from '../../api/needs.js';
import { Node } from '../../api/node.js';

@ObjectType({
  implements: Node,
  description: "A reviewer's label for a prediction. Reviews are added, never changed.",
})
export class Review extends Node {
  @Field(() => Date)
  createdAt!: Date;

  @Field(() => String)
  label!: string;

  @Needs('see images')
  @Field(() => String, { nullable: true, description: 'Null for auditors.' })
  comment!: string | null;

  @Field(() => Boolean)
  agreesWithModel!: boolean;
}

@InputType()
export class ReviewPredictionInput {
  @Field(() => ID)
  predictionId!: string;

  @Field(() => String, { description: "One of the classes of the prediction's model version." })
  label!: string;

  @Field(() => String, { nullable: true, description: 'At most 2,000 characters.' })
  comment?: string | null;
}
