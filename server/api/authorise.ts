import type { RequestContext, Viewer } from './context.js';
import { forbidden, unauthenticated } from './errors.js';
import { type Permission, permissions } from './permissions.js';

/** Whether this viewer's roles allow it. */
export function may(viewer: Pick<Viewer, 'roles'>, permission: Permission): boolean {
  const allowed: readonly string[] = permissions[permission];
  return viewer.roles.some((role) => allowed.includes(role));
}

/**
 * The first step of every operation: who asks, if they may.
 * Throws UNAUTHENTICATED when nobody is signed in, FORBIDDEN when their roles do not allow it or when they have not
 * yet chosen their own password.
 */
export function authorise(context: Pick<RequestContext, 'viewer'>, permission: Permission): Viewer {
  const { viewer } = context;
  if (!viewer) throw unauthenticated();
  if (viewer.passwordIsOneTime) {
    throw forbidden('Choose a password of your own first: with the changePassword mutation.');
  }
  if (!may(viewer, permission)) {
    throw forbidden(`To ${permission}, one of these roles is needed: ${permissions[permission].join(', ')}.`);
  }
  return viewer;
}
