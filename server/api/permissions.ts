import { registerEnumType } from 'type-graphql';

export enum Role {
  CLINICIAN = 'CLINICIAN',
  ML_ENGINEER = 'ML_ENGINEER',
  ADMIN = 'ADMIN',
  AUDITOR = 'AUDITOR',
}
registerEnumType(Role, {
  name: 'Role',
  description: 'A role gives permissions. A user may have several roles.',
});

const everyone = [Role.CLINICIAN, Role.ML_ENGINEER, Role.ADMIN, Role.AUDITOR];

/** Who may do what: the whole policy. */
export const permissions = {
  classify: [Role.CLINICIAN, Role.ML_ENGINEER, Role.ADMIN],
  'classify folders': [Role.ML_ENGINEER, Role.ADMIN],
  review: [Role.CLINICIAN, Role.ADMIN],
  'read predictions': everyone,
  'read models': everyone,
  'read datasets': everyone,
  'read training': everyone,
  'manage own tokens': everyone,
  'read users': [Role.ADMIN, Role.AUDITOR],
  'read audit': [Role.ADMIN, Role.AUDITOR],
  'create datasets': [Role.ML_ENGINEER, Role.ADMIN],
  train: [Role.ML_ENGINEER, Role.ADMIN],
  'evaluate models': [Role.ML_ENGINEER, Role.ADMIN],
  'register models': [Role.ML_ENGINEER, Role.ADMIN],
  'promote models': [Role.ML_ENGINEER, Role.ADMIN],
  'override gates': [Role.ADMIN],
} as const satisfies Record<string, readonly Role[]>;

export type Permission = keyof typeof permissions;
