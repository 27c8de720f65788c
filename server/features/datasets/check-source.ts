import type { Services } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { type ObjectStore, ObjectStoreError } from '../../storage/object-store.js';
import { normaliseSource, openSource, SourceRefusedError } from './open-source.js';

/**
 * Checks that a source can be opened and read, runs the quick check `inspect` on it, and returns its normalised address.
 * Throws a user error at `field` if something is wrong (no such bucket, no credentials, a folder that is not allowed, …).
 */
export async function checkSource(
  config: Services['config'],
  given: string,
  field: string[],
  inspect: (source: ObjectStore, address: string) => Promise<void> = async () => {},
): Promise<string> {
  try {
    const address = normaliseSource(given);
    const source = await openSource(config, address);
    try {
      await source.probeReading();
      await inspect(source, address);
    } finally {
      source.close();
    }
    return address;
  } catch (error) {
    if (error instanceof SourceRefusedError) throw userError(UserErrorCode.INVALID, error.message, field);
    if (error instanceof ObjectStoreError) {
      const missing = error.reason === 'NO_SUCH_BUCKET' || error.reason === 'NOT_FOUND';
      throw userError(missing ? UserErrorCode.NOT_FOUND : UserErrorCode.INVALID, error.message, field);
    }
    throw error;
  }
}
