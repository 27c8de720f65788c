import { z } from 'zod';
import { jsonSetting } from './json-setting.js';

// The settings of an OpenID Connect provider that need more than a line in config.ts.

const roleNames = z.enum(['CLINICIAN', 'ML_ENGINEER', 'ADMIN', 'AUDITOR'], {
  error: 'names a role other than CLINICIAN, ML_ENGINEER, ADMIN and AUDITOR',
});
const scopeNames = z.enum(
  ['READ_HISTORY', 'CLASSIFY', 'REVIEW', 'INGEST', 'TRAIN', 'PROMOTE', 'ADMINISTER'],
  { error: 'names a scope other than READ_HISTORY, CLASSIFY, REVIEW, INGEST, TRAIN, PROMOTE and ADMINISTER' },
);

const EXAMPLE = '{"claim":"groups","roles":{"cytograph-clinicians":["CLINICIAN"]}}';

/** Which groups of the provider give which roles here. */
export const GroupMapping = z.strictObject(
  {
    /**
     * The claim with the names of a person's groups: its name (`groups`), or the path to it (`realm_access.roles`). Its value is a list
     * of texts, or one text.
     */
    claim: z.string({ error: 'has a "claim" that is not a text' }).min(1).default('groups'),
    /** The roles that each group gives. A person in several groups has the roles of all. */
    roles: z
      .record(
        z.string(),
        z.array(roleNames, { error: 'gives a group something other than a list of roles' }),
        {
          error: `has no "roles", such as ${EXAMPLE}`,
        },
      )
      .refine((roles) => Object.values(roles).flat().length > 0, 'gives no group a role'),
    /**
     * What programs in a group may do with a token of the provider, within their roles. A group that is not listed allows everything
     * but ADMINISTER. A program in several groups has the scopes of all.
     */
    scopes: z
      .record(
        z.string(),
        z.array(scopeNames, { error: 'gives a group something other than a list of scopes' }),
      )
      .default({}),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? `has no key ${issue.keys.map((key: string) => `"${key}"`).join(', ')}: there are claim, roles and scopes`
        : `is not a JSON object, such as ${EXAMPLE}`,
  },
);
export type GroupMapping = z.infer<typeof GroupMapping>;

/** The mapping as a setting: JSON text. */
export const groupMappingSetting = jsonSetting(GroupMapping);

/** How people sign in with the hospital's own provider (OpenID Connect), and programs with its tokens. */
export interface IdentityProviderSettings {
  /** The provider's address, below which `/.well-known/openid-configuration` describes it. */
  issuer: string;
  clientId: string;
  /** null: a public client, which proves itself by PKCE alone. */
  clientSecret: string | null;
  /** As people know it: 'Sign in with NAME'. */
  name: string;
  /** The scopes to request, separated by spaces; `openid` among them. */
  scopes: string;
  groups: GroupMapping;
  /** Whom people ask for access, as the end of the sentence 'Ask …'. */
  contact: string;
  /** What tokens of programs must name as their audience; null: no such token is accepted. */
  apiAudience: string | null;
}
