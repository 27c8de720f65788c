import { type GraphQLResolveInfo, Kind } from 'graphql';

/** Whether a field is asked for its `id` and nothing else, which whoever points at it knows without reading it. */
export function asksOnlyId({ fieldNodes }: GraphQLResolveInfo): boolean {
  const selections = fieldNodes.flatMap(({ selectionSet }) => selectionSet?.selections ?? []);
  return selections.every(
    (selection) => selection.kind === Kind.FIELD && ['id', '__typename'].includes(selection.name.value),
  );
}
