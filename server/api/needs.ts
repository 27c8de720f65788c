import { Extensions } from 'type-graphql';
import type { Permission } from './permissions.js';

/**
 * Withholds a field of the API from viewers without the permission: it is null, or empty if it is a list that cannot be null. Any other
 * field that cannot be null is refused. `withholdFields` enforces it for the whole schema.
 */
export function Needs(permission: Permission): MethodDecorator & PropertyDecorator {
  return Extensions({ permission });
}
