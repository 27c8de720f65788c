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
 * Creates an API token, with which a program may do what the viewer may do. The secret is returned and not stored.
 * User errors: INVALID if the name is empty, too long or unprintable, or the expiry is in the past.
 */
export async function createApiToken(
  context: RequestContext,
  input: { name: string; expiresAt?: Date | null },
): Promise<{ token: ApiToken; secret: string }> {
  const viewer = authorise(context, 'manage own tokens');

  const nameField = ['input', 'name'];
  const name = plainText(input.name.trim(), "A token's name", nameField);
  if (name === '' || name.length > 100) {
    throw userError(UserErrorCode.INVALID, "A token's name must have 1 to 100 characters.", nameField);
  }
  const expiresAt = input.expiresAt ?? null;
  if (expiresAt && expiresAt <= (await databaseTime(context.database))) {
    throw userError(
      UserErrorCode.INVALID,
      'The expiry must be in the future. Leave it out for a token that never expires.',
      ['input', 'expiresAt'],
    );
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
