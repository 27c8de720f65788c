import { z } from 'zod';
import { Role, Scope } from '../../../api/permissions.js';
import type { GroupMapping } from '../../../identity-provider-settings.js';

/** What a provider says about a person or a program, from an ID token, an access token or its user information. */
export type Claims = Readonly<Record<string, unknown>>;

/** A person or a program whom the provider has vouched for. */
export interface ProvenIdentity {
  issuer: string;
  /** The provider's own, permanent name for the person. */
  subject: string;
  /** In lower case; null if the provider gave no valid address. */
  email: string | null;
  displayName: string;
  /** The groups' roles; none if no group of the person is in the mapping. */
  roles: Role[];
}

const LONGEST_NAME = 100;
const LONGEST_EMAIL = 254;

/** The identity that verified claims describe. */
export function identityOf(
  issuer: string,
  subject: string,
  claims: Claims,
  mapping: GroupMapping,
): ProvenIdentity {
  const email = emailOf(claims.email);
  const names = [claims.name, claims.preferred_username, email, claims.client_id, claims.azp, subject];
  const displayName = names.map(nameOf).find((name) => name !== '') ?? subject;
  return { issuer, subject, email, displayName, roles: rolesOf(mapping, claims) };
}

function emailOf(claim: unknown): string | null {
  if (typeof claim !== 'string' || claim.length > LONGEST_EMAIL) return null;
  const email = claim.trim().toLowerCase();
  return z.email().safeParse(email).success ? email : null;
}

/** One line without control characters, '' where the claim is no such text. */
function nameOf(claim: unknown): string {
  if (typeof claim !== 'string') return '';
  return claim
    .replace(/\p{C}|\s/gu, ' ')
    .replace(/ +/g, ' ')
    .trim()
    .slice(0, LONGEST_NAME);
}

/** The roles that a person's groups give. */
export function rolesOf(mapping: GroupMapping, claims: Claims): Role[] {
  const groups = groupsOf(claims, mapping.claim);
  const names = new Set(groups.flatMap((group) => valueAt(mapping.roles, group) ?? []));
  return Object.values(Role).filter((role) => names.has(role));
}

const SCOPES_OF_OTHERS = Object.values(Scope).filter((scope) => scope !== Scope.ADMINISTER);

/**
 * What a program's groups let it do, within its roles: the scopes of all its groups. A group that gives roles, but is not listed
 * with scopes, gives all but administration.
 */
export function scopesOf(mapping: GroupMapping, claims: Claims): Scope[] {
  const names = new Set(
    groupsOf(claims, mapping.claim).flatMap<string>(
      (group) => valueAt(mapping.scopes, group) ?? (valueAt(mapping.roles, group) ? SCOPES_OF_OTHERS : []),
    ),
  );
  return Object.values(Scope).filter((scope) => names.has(scope));
}

/** Whether the claims have the claim with the groups at all. */
export function nameGroups(claims: Claims, claim: string): boolean {
  return claimAt(claims, claim) !== undefined;
}

function groupsOf(claims: Claims, claim: string): string[] {
  const value = claimAt(claims, claim);
  return [value].flat().filter((group) => typeof group === 'string');
}

/** A claim by its name, or by the path to it: 'realm_access.roles'. */
function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  return path.split('.').reduce<unknown>((value, name) => {
    return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined;
  }, claims);
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** A group may be called 'constructor'. */
function valueAt<T>(record: Readonly<Record<string, T>>, key: string): T | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
