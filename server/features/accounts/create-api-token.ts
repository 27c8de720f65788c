import { authorise } from '../../api/authorise.js';
import type { RequestContext } from '../../api/context.js';
import { plainText } from '../../api/plain-text.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import { databaseTime } from '../../database/clock.js';
import { newId } from '../../database/ids.js';
import { AuditAction, recordAuditEvent } from '../audit/record-audit-event.js';
import { hashOfSecret, newSecret } from './secrets.js';
import type { ApiToken } from './types.js';

/**
 * A key with which a program may do what the viewer may. The secret is in the answer and kept nowhere else.
 * User errors: INVALID for an empty, overlong or unprintable name and for an expiry that has passed.
 */
export async function createApiToken(
  context: RequestContext,
  input: { name: string; expiresAt?: Date | null },
): Promise<{ token: ApiToken; secret: string }> {
  const viewer = authorise(context, 'manage own tokens');

  const nameField = ['input', 'name'];
  const name = plainText(input.name.trim(), "A token's name", nameField);
  if (name === '' || name.length > 100) {
    throw userError(UserErrorCode.INVALID, 'A token has a name of 1 to 100 characters.', nameField);
  }
  const expiresAt = input.expiresAt ?? null;
  if (expiresAt && expiresAt <= (await databaseTime(context.database))) {
    throw userError(UserErrorCode.INVALID, 'A token expires in the future, or never.', [
      'input',
      'expiresAt',
    ]);
  }

  const secret = `cyto_${newSecret()}`;
  const token = await context.database.$transaction(async (tx) => {
    const created = await tx.apiToken.create({
      data: { id: newId('tok'), name, tokenHash: hashOfSecret(secret), userId: viewer.id, expiresAt },
    });
    const event = { action: AuditAction.API_TOKEN_CREATED, entityId: created.id, detail: name };
    await recordAuditEvent(tx, context, event);
    return created;
  });
  return { token, secret };
}
