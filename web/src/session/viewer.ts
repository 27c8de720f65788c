import { createContext, use } from 'react';
import type { Role, ViewerQuery } from '../graphql/graphql.js';

export type Viewer = NonNullable<ViewerQuery['viewer']>;

const ViewerContext = createContext<Viewer | null>(null);

export const ViewerProvider = ViewerContext.Provider;

/** The signed-in user. @throws if used outside the sign-in gate */
export function useViewer(): Viewer {
  const viewer = use(ViewerContext);
  if (!viewer) throw new Error('useViewer must be used inside SignInGate.');
  return viewer;
}

/** The roles that may perform each action. The server enforces this; the app only hides actions that it would refuse. */
const rolesOf = {
  classify: ['CLINICIAN', 'ML_ENGINEER', 'ADMIN'],
  'classify folders': ['ML_ENGINEER', 'ADMIN'],
  review: ['CLINICIAN', 'ADMIN'],
  'see images': ['CLINICIAN', 'ML_ENGINEER', 'ADMIN'],
  'see dataset items': ['CLINICIAN', 'ML_ENGINEER', 'ADMIN'],
  'create datasets': ['ML_ENGINEER', 'ADMIN'],
  train: ['ML_ENGINEER', 'ADMIN'],
  'evaluate models': ['ML_ENGINEER', 'ADMIN'],
  'register models': ['ML_ENGINEER', 'ADMIN'],
  'promote models': ['ML_ENGINEER', 'ADMIN'],
  'override gates': ['ADMIN'],
  'erase cases': ['ADMIN'],
  'read the audit trail': ['ADMIN', 'AUDITOR'],
  'read users': ['ADMIN', 'AUDITOR'],
  'manage users': ['ADMIN'],
} as const satisfies Record<string, readonly Role[]>;

export type Action = keyof typeof rolesOf;

/** The roles that may perform an action. */
export function rolesFor(action: Action): readonly Role[] {
  return rolesOf[action];
}

/** Whether an action concerns all sites, so that its users must see all of them. */
export function needsAllSites(action: Action): boolean {
  return needAllSites.includes(action);
}

const needAllSites: readonly Action[] = ['read the audit trail', 'erase cases'];

/** Whether the signed-in user may perform an action. */
export function useMay(action: Action): boolean {
  const allowed = rolesFor(action);
  const { roles, seesAllSites } = useViewer();
  if (needsAllSites(action) && seesAllSites === false) return false;
  return roles.some((role) => allowed.includes(role));
}
