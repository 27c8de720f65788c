import { type GraphQLResolveInfo, Kind } from 'graphql';

/** Whether a query selects only the `id` of a field's object, which the parent knows without a database read. */
export function selectsOnlyId({ fieldNodes }: GraphQLResolveInfo): boolean {
  const selections = fieldNodes.flatMap(({ selectionSet }) => selectionSet?.selections ?? []);
  return selections.every(
    (selection) => selection.kind === Kind.FIELD && ['id', '__typename'].includes(selection.name.value),
  );
}
