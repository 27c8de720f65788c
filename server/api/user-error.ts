import { Field, ObjectType, registerEnumType } from 'type-graphql';
import { errorCodes } from './error-codes.js';

/** Why an operation changed nothing, for errors that the caller can correct. */
export enum UserErrorCode {
  INVALID = 'INVALID',
  NOT_FOUND = 'NOT_FOUND',
  CONFLICT = 'CONFLICT',
  FORBIDDEN = 'FORBIDDEN',
  TOO_LARGE = 'TOO_LARGE',
  UNREADABLE_IMAGE = 'UNREADABLE_IMAGE',
  NO_ACTIVE_MODEL = 'NO_ACTIVE_MODEL',
  GATE_FAILED = 'GATE_FAILED',
  OVERLOADED = 'OVERLOADED',
}
registerEnumType(UserErrorCode, {
  name: 'UserErrorCode',
  description:
    'Why an operation changed nothing, as a code that programs can handle. The codes mean the same as those of ErrorCode.',
  valuesConfig: {
    INVALID: { description: 'An argument is invalid. Outside `userErrors` the code is BAD_USER_INPUT.' },
    NOT_FOUND: { description: errorCodes.NOT_FOUND.meaning },
    CONFLICT: { description: errorCodes.CONFLICT.meaning },
    FORBIDDEN: { description: errorCodes.FORBIDDEN.meaning },
    TOO_LARGE: { description: errorCodes.TOO_LARGE.meaning },
    UNREADABLE_IMAGE: { description: errorCodes.UNREADABLE_IMAGE.meaning },
    NO_ACTIVE_MODEL: { description: errorCodes.NO_ACTIVE_MODEL.meaning },
    GATE_FAILED: { description: errorCodes.GATE_FAILED.meaning },
    OVERLOADED: {
      description: 'The server or the queue of images is full. The same request may succeed later.',
    },
  },
});

@ObjectType({ description: 'An error that the caller can correct. The operation changed nothing.' })
export class UserError {
  @Field(() => UserErrorCode)
  code!: UserErrorCode;

  @Field(() => [String], {
    nullable: true,
    description: "Path to the argument that caused the error, such as ['input', 'name'].",
  })
  field?: string[] | null;

  @Field(() => String, { description: 'What is wrong and how to correct it.' })
  message!: string;
}

/** Stops an operation. {@link withUserErrors} turns it into the payload's `userErrors`. */
export class UserErrorException extends Error {
  constructor(readonly errors: UserError[]) {
    super(errors.map((error) => error.message).join(' '));
    this.name = 'UserErrorException';
  }
}

/** The exception for one user error. */
export function userError(code: UserErrorCode, message: string, field?: string[]): UserErrorException {
  return new UserErrorException([{ code, message, field: field ?? null }]);
}

/** Runs an operation. Returns its payload with `userErrors: []`, or only `userErrors` if it threw a {@link UserErrorException}. */
export async function withUserErrors<Payload extends { userErrors: UserError[] }>(
  operation: () => Promise<Omit<Payload, 'userErrors'>>,
): Promise<(Omit<Payload, 'userErrors'> & { userErrors: UserError[] }) | { userErrors: UserError[] }> {
  try {
    return { ...(await operation()), userErrors: [] };
  } catch (error) {
    if (error instanceof UserErrorException) return { userErrors: error.errors };
    throw error;
  }
}
