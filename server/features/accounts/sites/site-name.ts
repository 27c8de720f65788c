import { plainText } from '../../../api/plain-text.js';
import { userError, UserErrorCode } from '../../../api/user-error.js';
import type { Transaction } from '../../../database/client.js';

const LONGEST_NAME = 100;
const FIELD = ['input', 'name'];

/** The name of a site without spaces around it; throws the user error INVALID when it is empty, too long or not plain text. */
export function checkedSiteName(text: string): string {
  const name = plainText(text.trim(), 'The name of a site', FIELD);
  if (name !== '' && name.length <= LONGEST_NAME && !/[\r\n\t]/.test(name)) return name;
  throw userError(
    UserErrorCode.INVALID,
    `The name of a site has 1 to ${LONGEST_NAME} characters on one line.`,
    FIELD,
  );
}

/** Throws the user error CONFLICT when another site has the name, in any capitals. Changes of sites wait for each other. */
export async function refuseTakenName(tx: Transaction, name: string, exceptId: string | null): Promise<void> {
  await tx.$executeRaw`LOCK TABLE "Site" IN SHARE ROW EXCLUSIVE MODE`;
  const taken = await tx.$queryRaw<unknown[]>`
    SELECT FROM "Site" WHERE lower(name) = lower(${name}) AND id IS DISTINCT FROM ${exceptId}`;
  if (taken.length > 0)
    throw userError(UserErrorCode.CONFLICT, `There is a site named ${name} already.`, FIELD);
}
