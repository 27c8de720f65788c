import type { Services } from '../../api/context.js';
import { UserErrorCode, userError } from '../../api/user-error.js';
import { type ObjectStore, ObjectStoreError } from '../../storage/object-store.js';
import { normaliseSource, openSource, SourceRefusedError } from './open-source.js';

/**
 * Opens a source as the worker will and lets `look` see it, so far as that is quick; gives it as it is to be recorded. What is
 * wrong with it (no such bucket, no credentials, a folder that is not allowed, …) is a user error of `field`.
 */
export async function checkSource(
  config: Services['config'],
  given: string,
  field: string[],
  look: (source: ObjectStore, address: string) => Promise<void> = async () => {},
): Promise<string> {
  try {
    const address = normaliseSource(given);
    const source = await openSource(config, address);
    try {
      await source.probeReading();
      await look(source, address);
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
