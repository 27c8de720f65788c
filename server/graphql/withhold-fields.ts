import {
  defaultFieldResolver,
  type GraphQLFieldExtensions,
  type GraphQLFieldResolver,
  type GraphQLOutputType,
  type GraphQLSchema,
  isListType,
  isNonNullType,
  isObjectType,
} from 'graphql';
import { authorise, may } from '../api/authorise.js';
import type { RequestContext } from '../api/context.js';
import { type Permission, permissions } from '../api/permissions.js';

type Resolver = GraphQLFieldResolver<unknown, RequestContext, Record<string, unknown>>;

/** Enforces the rule of every field that is marked with `Needs`. Changes `schema`. */
export function withholdFields(schema: GraphQLSchema): void {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const permission = permissionOf(field.extensions);
      if (permission) field.resolve = withheld(field.type, field.resolve ?? defaultFieldResolver, permission);
    }
  }
}

/** The permission that a viewer needs to read a field with these extensions; null if the field has no rule. */
export function permissionOf({ permission }: GraphQLFieldExtensions<unknown, unknown>): Permission | null {
  return isPermission(permission) ? permission : null;
}

function isPermission(name: unknown): name is Permission {
  return typeof name === 'string' && name in permissions;
}

function withheld(type: GraphQLOutputType, resolve: Resolver, permission: Permission): Resolver {
  return (source, values, context, info) => {
    if (!context.viewer || !may(context.viewer, permission)) {
      if (!isNonNullType(type)) return null;
      if (isListType(type.ofType)) return [];
      authorise(context, permission); // throws
    }
    return resolve(source, values, context, info);
  };
}
