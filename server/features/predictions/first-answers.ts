import type { Database } from '../../database/client.js';
import { runStatement, statement } from '../../database/statement.js';
import { loadImages } from '../images/load-images.js';
import type { ImageRow } from '../images/types.js';
import { type PredictionRow, loadPredictions } from './load-predictions.js';

/** A prediction that the network made and that is recorded: the answer to every repeat of its image by its version. */
export interface FirstAnswer {
  prediction: PredictionRow;
  image: ImageRow;
}

/** What makes an image a repeat. */
export interface Question {
  imageSha256: string;
  modelVersionId: string;
}

/**
 * For `grouped(database, findFirstAnswers)`: the first answer to each question; null where there is none yet. Servers that
 * got the same image at the same time may each have made one: they are equal.
 */
export async function findFirstAnswers(
  database: Database,
  questions: readonly Question[],
): Promise<readonly (FirstAnswer | null)[]> {
  const found = await runStatement<{ position: number; id: string }>(database, findIds, [
    questions.map(({ imageSha256 }) => imageSha256),
    questions.map(({ modelVersionId }) => modelVersionId),
  ]);
  if (found.length === 0) return questions.map(() => null); // all are new, as most are: that was all

  const ids = new Map(found.map(({ position, id }) => [position - 1, id]));
  const predictions = await loadPredictions(database, [...ids.values()]);
  const images = await loadImages(
    database,
    [...predictions.values()].map(({ imageSha256 }) => imageSha256),
  );
  return questions.map(({ imageSha256 }, position) => {
    const prediction = predictions.get(ids.get(position) ?? '');
    const image = images.get(imageSha256);
    return prediction && image ? { prediction, image } : null;
  });
}

const findIds = statement(`
  SELECT asked.position::int, first.id
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS asked ("imageSha256", "modelVersionId", position)
  CROSS JOIN LATERAL (
    SELECT p.id FROM "Prediction" p
    WHERE p."imageSha256" = asked."imageSha256" AND p."modelVersionId" = asked."modelVersionId"
      AND p."repeatOfId" IS NULL -- as the index says, which holds no others
    LIMIT 1
  ) AS first`);

function keyOf({ imageSha256, modelVersionId }: Question): string {
  return `${modelVersionId} ${imageSha256}`;
}

const MOST_REMEMBERED = 1000;

/**
 * First answers that are being made or were just recorded, by what was asked: whoever asks the same meanwhile waits for them,
 * and soon after need not ask the database.
 */
export class RecentAnswers {
  readonly #answers = new Map<string, Promise<FirstAnswer>>();

  /** The first answer to this question, if it is known or under way; else null. */
  find(question: Question): Promise<FirstAnswer> | null {
    return this.#answers.get(keyOf(question)) ?? null;
  }

  /** Keeps one that is under way. If it fails, it is forgotten. */
  add(question: Question, answer: Promise<FirstAnswer>): void {
    const key = keyOf(question);
    this.#answers.set(key, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > MOST_REMEMBERED && oldest !== undefined) this.#answers.delete(oldest);
    answer.catch(() => {
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
    });
  }
}

// Of each database: what is remembered is recorded there.
const answersOfDatabase = new WeakMap<Database, RecentAnswers>();

export function recentAnswersOf(database: Database): RecentAnswers {
  let answers = answersOfDatabase.get(database);
  if (!answers) answersOfDatabase.set(database, (answers = new RecentAnswers()));
  return answers;
}
