import { databaseOutageOf, isOfDatabase } from '../database/database-outage.js';
import { type ObjectStoreFailure, ObjectStoreError } from '../storage/object-store.js';
import { type Outage, UnavailableError } from '../unavailable-error.js';

const outageOfStoreFailure: Partial<Record<ObjectStoreFailure, Outage>> = {
  UNREACHABLE: 'unreachable',
  FULL: 'full',
  READ_ONLY: 'read-only',
  NO_SUCH_BUCKET: 'refused',
  NO_CREDENTIALS: 'refused',
  ACCESS_DENIED: 'refused',
};

/**
 * Returns the UnavailableError that callers may see if `error` means that the database or the object store is unavailable, or null
 * for any other error.
 */
export function unavailableOf(error: unknown): UnavailableError | null {
  if (error instanceof UnavailableError) return error;
  if (error instanceof ObjectStoreError) {
    const outage = outageOfStoreFailure[error.reason];
    return outage ? new UnavailableError('object store', outage, { cause: error }) : null;
  }
  if (isOfDatabase(error)) {
    const outage = databaseOutageOf(error);
    return outage && new UnavailableError('database', outage, { cause: error });
  }
  return error instanceof Error ? unavailableOf(error.cause) : null;
}
