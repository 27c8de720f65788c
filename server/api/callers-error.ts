import { GraphQLError } from 'graphql';
import { z } from 'zod';
import { unavailableOf } from '../outages/unavailable-of.js';
import { ErrorCode, errorCodes, isErrorCode } from './error-codes.js';
import { UserErrorCode, UserErrorException } from './user-error.js';

/** What the caller receives of an error, over every transport. */
export interface CallersError {
  code: ErrorCode;
  /** The HTTP status of a response without data. */
  status: number;
  message: string;
  /** Seconds after which to try again, for the header Retry-After. Undefined where trying again does not help. */
  retryAfter?: string | undefined;
}

/** How long clients should wait if this server or a dependency is busy or unavailable. */
const RETRY_AFTER_SECONDS = '1';

/** The HTTP status and headers of an error that has others than its code. */
const OwnHttp = z.object({ status: z.number(), headers: z.map(z.string(), z.string()).optional() });

/** The error for the caller; null for an internal error, of which callers receive only an id. Never throws. */
export function callersErrorOf(thrown: unknown): CallersError | null {
  if (thrown instanceof UserErrorException) {
    return callersError(codeOfUserError(thrown.errors[0]?.code ?? UserErrorCode.INVALID), thrown.message);
  }
  if (thrown instanceof GraphQLError) return ofGraphQLError(thrown);
  if (thrown instanceof URIError) {
    return callersError(
      ErrorCode.BAD_USER_INPUT,
      'The address contains a % that is not followed by a valid code.',
    );
  }
  // Express, its body parsers and the upload middleware throw http-errors: `expose` says that the message is for the caller.
  if (thrown instanceof Error && 'expose' in thrown && thrown.expose === true && 'status' in thrown) {
    const code = thrown.status === 413 ? ErrorCode.TOO_LARGE : ErrorCode.BAD_USER_INPUT;
    return { ...callersError(code, thrown.message), status: Number(thrown.status) };
  }
  const unavailable = unavailableOf(thrown);
  return unavailable && callersError(ErrorCode.UNAVAILABLE, unavailable.message);
}

/** The code of a user error outside `userErrors`. */
function codeOfUserError(code: UserErrorCode): ErrorCode {
  return code === UserErrorCode.INVALID ? ErrorCode.BAD_USER_INPUT : ErrorCode[code];
}

function ofGraphQLError({ message, extensions, originalError }: GraphQLError): CallersError | null {
  const { code, http } = extensions;
  if (code === undefined) return originalError ? callersErrorOf(originalError) : null; // graphql-js adds the place to an error
  if (!isErrorCode(code) || code === ErrorCode.INTERNAL) return null;
  const own = OwnHttp.safeParse(http).data;
  if (!own) return callersError(code, message);
  return { code, message, status: own.status, retryAfter: own.headers?.get('retry-after') };
}

function callersError(code: ErrorCode, message: string): CallersError {
  const { status } = errorCodes[code];
  return { code, status, message, ...(status === 503 && { retryAfter: RETRY_AFTER_SECONDS }) };
}
