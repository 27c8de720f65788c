import type { RequestContext, Viewer } from './context.js';
import { forbidden, unauthenticated } from './errors.js';
import { type Permission, permissions, type Role, roleNames, type Scope } from './permissions.js';

/** Whether a user with these roles may do it. */
export function rolesAllow(roles: readonly Role[], permission: Permission): boolean {
  const allowed: readonly Role[] = permissions[permission].roles;
  return roles.some((role) => allowed.includes(role));
}

/** Whether a token with these scopes is enough for it; `null` means a browser session, which is always enough. */
function scopesAllow(scopes: readonly Scope[] | null, permission: Permission): boolean {
  const allowed: readonly Scope[] = permissions[permission].scopes;
  return scopes === null || scopes.some((scope) => allowed.includes(scope));
}

/** Whether a user who sees only some sites may do it. */
function sitesAllow({ seesAllSites }: Pick<Viewer, 'seesAllSites'>, permission: Permission): boolean {
  return seesAllSites || !('needsAllSites' in permissions[permission]);
}

/** Whether the viewer's roles allow it, the scopes of the token that the viewer uses, and the sites that the viewer sees. */
export function may(
  viewer: Pick<Viewer, 'roles' | 'token' | 'seesAllSites'>,
  permission: Permission,
): boolean {
  const { roles, token } = viewer;
  return (
    rolesAllow(roles, permission) &&
    scopesAllow(token?.scopes ?? null, permission) &&
    sitesAllow(viewer, permission)
  );
}

/**
 * The first step of every operation: the viewer, if they may do it.
 * Throws UNAUTHENTICATED when nobody is signed in, and FORBIDDEN when the viewer's roles or sites or the token's scopes do not
 * allow it, or when the viewer has a one-time password.
 */
export function authorise(context: Pick<RequestContext, 'viewer'>, permission: Permission): Viewer {
  const { viewer } = context;
  if (!viewer) throw unauthenticated();
  if (viewer.passwordIsOneTime) {
    throw forbidden('Choose a password of your own first.');
  }
  const { roles, scopes } = permissions[permission];
  if (!rolesAllow(viewer.roles, permission)) {
    const names = roles.map((role) => roleNames[role]).join(', ');
    throw forbidden(`To ${permission}, one of these roles is needed: ${names}.`);
  }
  if (!scopesAllow(viewer.token?.scopes ?? null, permission)) {
    throw forbidden(
      scopes.length === 0
        ? `API tokens may not ${permission}: sign in with a password.`
        : `To ${permission}, the API token needs one of these scopes: ${scopes.join(', ')}.`,
    );
  }
  if (!sitesAllow(viewer, permission)) {
    throw forbidden(
      `To ${permission}, a user must see all sites. Ask an administrator to let you see all sites.`,
    );
  }
  return viewer;
}
