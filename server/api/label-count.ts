import { Field, Int, ObjectType } from 'type-graphql';

@ObjectType()
export class LabelCount {
  @Field(() => String)
  label!: string;

  @Field(() => Int)
  count!: number;
}
