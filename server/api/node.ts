import { ID, Field, InterfaceType } from 'type-graphql';

@InterfaceType({
  description: "Anything with an id. Its prefix ('pred_…', 'mver_…') names the type.",
  autoRegisterImplementations: false,
})
export abstract class Node {
  @Field(() => ID)
  id!: string;
}
