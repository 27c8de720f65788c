import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { Scope } from '../../api/permissions.js';
import { plainText } from '../../api/plain-text.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import { databaseTime } from '../../database/clock.js';
import { newId } from '../../database/ids.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { tokenColumns, tokenOf } from './api-tokens.js';
import { hashOfSecret, newSecret } from './secrets.js';
import type { ApiToken } from './types.js';

/** Days after which a token expires unless its owner says otherwise. */
export const DEFAULT_TOKEN_DAYS = 90;
const DAY_MS = 24 * 3600 * 1000;

/** What a token may do unless its owner says otherwise: everything but administration. */
const DEFAULT_SCOPES = Object.values(Scope).filter((scope) => scope !== Scope.ADMINISTER);

export interface NewApiToken {
  name: string;
  /** Default: all but ADMINISTER. */
  scopes?: Scope[] | null;
  /** null: the token works until it is revoked. Default: in 90 days. */
  expiresAt?: Date | null;
}

/**
 * Creates a key with which a program may do what its scopes and the viewer's roles allow. The secret is in the answer and
 * kept nowhere else. Only a signed-in person can create one, never a program with a token.
 * User errors: INVALID for an empty, overlong or unprintable name, for no scope, and for an expiry that has passed.
 */
export async function createApiToken(
  context: RequestContext,
  input: NewApiToken,
): Promise<{ token: ApiToken; secret: string }> {
  const viewer = authorise(context, 'change your account');

  const nameField = ['input', 'name'];
  const name = plainText(input.name.trim(), "A token's name", nameField);
  if (name === '' || name.length > 100) {
    throw userError(UserErrorCode.INVALID, "A token's name must have 1 to 100 characters.", nameField);
  }
  const scopes = [...new Set(input.scopes ?? DEFAULT_SCOPES)];
  if (scopes.length === 0) {
    throw userError(UserErrorCode.INVALID, 'A token needs at least one scope.', ['input', 'scopes']);
  }
  const now = await databaseTime(context.database);
  const expiresAt =
    input.expiresAt === undefined ? new Date(now.getTime() + DEFAULT_TOKEN_DAYS * DAY_MS) : input.expiresAt;
  if (expiresAt && expiresAt <= now) {
    throw userError(
      UserErrorCode.INVALID,
      'The expiry must be in the future, or null for a token that never expires.',
      ['input', 'expiresAt'],
    );
  }

  const secret = `cyto_${newSecret()}`;
  const token = await context.database.$transaction(async (tx) => {
    const created = await tx.apiToken.create({
      data: { id: newId('tok'), name, scopes, tokenHash: hashOfSecret(secret), userId: viewer.id, expiresAt },
      select: tokenColumns,
    });
    const detail = `${name} (${scopes.join(', ')})`;
    const event = { action: AuditAction.API_TOKEN_CREATED, entityId: created.id, detail };
    await recordAuditEvent(tx, context, event);
    return created;
  });
  return { token: tokenOf(token), secret };
}
