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

/** The names of roles in messages, as on the screens. */
export const roleNames: Readonly<Record<Role, string>> = {
  CLINICIAN: 'Clinician',
  ML_ENGINEER: 'ML engineer',
  ADMIN: 'Administrator',
  AUDITOR: 'Auditor',
};

/** What a program may do with an API token, always within the roles of the token's owner. */
export enum Scope {
  READ_HISTORY = 'READ_HISTORY',
  CLASSIFY = 'CLASSIFY',
  REVIEW = 'REVIEW',
  INGEST = 'INGEST',
  TRAIN = 'TRAIN',
  PROMOTE = 'PROMOTE',
  ADMINISTER = 'ADMINISTER',
}
registerEnumType(Scope, {
  name: 'ApiTokenScope',
  description: 'What a program may do with an API token, always within the roles of the token’s owner.',
  valuesConfig: {
    READ_HISTORY: {
      description: 'Read predictions, reviews, models, datasets and training runs, and their files.',
    },
    CLASSIFY: { description: 'Classify images and folders, and read models.' },
    REVIEW: { description: 'Review predictions, and read them.' },
    INGEST: { description: 'Create dataset snapshots, and read datasets.' },
    TRAIN: { description: 'Train, evaluate and register models, and read what that needs.' },
    PROMOTE: { description: 'Promote, approve, roll back, retire and archive, and read what that needs.' },
    ADMINISTER: {
      description:
        'Read users and the audit trail, set roles, disable accounts, end sessions, revoke tokens, override gates, erase cases and manage webhooks.',
    },
  },
});

interface Rule {
  /** A user needs one of these roles. */
  roles: readonly Role[];
  /** A program needs, besides its owner's role, a token with one of these scopes. None: no token is enough. */
  scopes: readonly Scope[];
  /** Whether it concerns all sites, so that a user who is limited to some sites may not do it. Default: false. */
  needsAllSites?: true;
}

const everyone = [Role.CLINICIAN, Role.ML_ENGINEER, Role.ADMIN, Role.AUDITOR];
const engineers = [Role.ML_ENGINEER, Role.ADMIN];
const { READ_HISTORY, CLASSIFY, REVIEW, INGEST, TRAIN, PROMOTE, ADMINISTER } = Scope;

/** Who may do what: the whole policy. */
export const permissions = {
  classify: { roles: [Role.CLINICIAN, ...engineers], scopes: [CLASSIFY] },
  'classify folders': { roles: engineers, scopes: [CLASSIFY] },
  review: { roles: [Role.CLINICIAN, Role.ADMIN], scopes: [REVIEW] },
  // A person signs, with their password, never a program.
  'sign reports': { roles: [Role.CLINICIAN, Role.ADMIN], scopes: [] },
  'read predictions': { roles: everyone, scopes: [READ_HISTORY, REVIEW] },
  // Pictures, case references and file names: auditors see predictions without them, unless they have another role too.
  'see images': { roles: [Role.CLINICIAN, ...engineers], scopes: [READ_HISTORY, CLASSIFY, REVIEW] },
  'download original images': { roles: engineers, scopes: [READ_HISTORY] },
  'read models': { roles: everyone, scopes: [READ_HISTORY, CLASSIFY, REVIEW, TRAIN, PROMOTE] },
  'read datasets': { roles: everyone, scopes: [READ_HISTORY, INGEST, TRAIN, PROMOTE] },
  'read training': { roles: everyone, scopes: [READ_HISTORY, TRAIN, PROMOTE] },
  // File names, patients and pictures in datasets: auditors see datasets without them.
  'see dataset items': {
    roles: [Role.CLINICIAN, ...engineers],
    scopes: [READ_HISTORY, INGEST, TRAIN, PROMOTE],
  },
  'create datasets': { roles: engineers, scopes: [INGEST] },
  train: { roles: engineers, scopes: [TRAIN] },
  'evaluate models': { roles: engineers, scopes: [TRAIN] },
  'register models': { roles: engineers, scopes: [TRAIN] },
  'promote models': { roles: engineers, scopes: [PROMOTE] },
  'override gates': { roles: [Role.ADMIN], scopes: [ADMINISTER] },
  'erase cases': { roles: [Role.ADMIN], scopes: [ADMINISTER], needsAllSites: true },
  'read users': { roles: [Role.ADMIN, Role.AUDITOR], scopes: [ADMINISTER] },
  'read the audit trail': { roles: [Role.ADMIN, Role.AUDITOR], scopes: [ADMINISTER], needsAllSites: true },
  'manage users': { roles: [Role.ADMIN], scopes: [ADMINISTER] },
  'manage webhooks': { roles: [Role.ADMIN], scopes: [ADMINISTER] },
  // With a password one signs in, and then no scope applies any more: so no token may give one.
  'give out passwords': { roles: [Role.ADMIN], scopes: [] },
  'change your account': { roles: everyone, scopes: [] },
} as const satisfies Record<string, Rule>;

export type Permission = keyof typeof permissions;
