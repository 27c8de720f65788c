import { layersOf } from '../../database/database-outage.js';

/** An image was answered as new, but had an answer already. Nothing was recorded. */
export class AnsweredBeforeError extends Error {}

/**
 * Runs an attempt to answer and record an image, and runs it once more if the image changed at the same time. If it was erased, the
 * second attempt stores it again and finds no answer to repeat; after an {@link AnsweredBeforeError} it finds one.
 *
 * @param forget is called in between, to remove what is remembered about the image
 */
export async function retryIfImageChanged<T>(
  attempt: () => Promise<T>,
  forget: () => void = () => {},
): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    if (!(error instanceof AnsweredBeforeError) && !isErasedMeanwhile(error)) throw error;
    forget();
    return attempt();
  }
}

/**
 * In the messages of Postgres and of Prisma, if the image of a row, or the prediction that it repeats, was erased after it was
 * looked up: names of foreign keys, and the text of the trigger "Image_is_not_erased".
 */
const TEXTS = [
  'Prediction_repeatOfId_fkey',
  'Prediction_imageSha256_fkey',
  'Field_imageSha256_fkey',
  'was erased. Store its bytes again',
];

function isErasedMeanwhile(error: unknown): boolean {
  return [...layersOf(error)].some(({ message }) => TEXTS.some((text) => message.includes(text)));
}
