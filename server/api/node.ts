import { ID, Field, InterfaceType } from 'type-graphql';
import { type IdPrefix, prefixOf } from '../database/ids.js';

const typeNames: Partial<Record<IdPrefix, string>> = {
  user: 'User',
  site: 'Site',
  sess: 'Session',
  tok: 'ApiToken',
  snap: 'DatasetSnapshot',
  run: 'TrainingRun',
  sched: 'TrainingSchedule',
  model: 'Model',
  mver: 'ModelVersion',
  prom: 'Promotion',
  appr: 'PromotionApproval',
  eval: 'Evaluation',
  fit: 'Fit',
  pred: 'Prediction',
  field: 'Field',
  rev: 'Review',
  bulk: 'BulkClassification',
  case: 'Case',
  aud: 'AuditEvent',
};

/** The name of the GraphQL type of an id; undefined for a text that is not an id. */
export function typeNameOf(id: string): string | undefined {
  const prefix = prefixOf(id);
  return Object.entries(typeNames).find(([known]) => known === prefix)?.[1];
}

@InterfaceType({
  description: "An object with an id. The prefix of the id ('pred_…', 'mver_…') is the object's type.",
  autoRegisterImplementations: false,
  resolveType: (node: Node) => typeNameOf(node.id),
})
export abstract class Node {
  @Field(() => ID)
  id!: string;
}
