import { z } from 'zod';
import { plainText } from '../../api/plain-text.js';
import type { Role } from '../../api/permissions.js';
import { userError, UserErrorCode } from '../../api/user-error.js';

const LONGEST_NAME = 100;
/** https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.3, without the angle brackets */
const LONGEST_EMAIL = 254;

/** The e-mail address in lower case; ends the operation with INVALID when it is none. */
export function checkedEmail(text: string, field: string[]): string {
  const email = text.trim().toLowerCase();
  if (email.length <= LONGEST_EMAIL && z.email().safeParse(email).success) return email;
  throw userError(UserErrorCode.INVALID, 'Enter an e-mail address such as ann@clinic.example.', field);
}

/** The name without spaces around it; ends the operation with INVALID when it is empty, too long or not plain text. */
export function checkedDisplayName(text: string, field: string[]): string {
  const name = plainText(text.trim(), 'A name', field);
  if (name !== '' && name.length <= LONGEST_NAME && !/[\r\n\t]/.test(name)) return name;
  throw userError(UserErrorCode.INVALID, `A name has 1 to ${LONGEST_NAME} characters on one line.`, field);
}

/** Each role once; ends the operation with INVALID when there is none. */
export function checkedRoles(roles: readonly Role[], field: string[]): Role[] {
  if (roles.length > 0) return [...new Set(roles)];
  throw userError(UserErrorCode.INVALID, 'A user has at least one role.', field);
}
