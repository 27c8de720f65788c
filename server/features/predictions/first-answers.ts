import { ALL_SITES } from '../../api/visible-sites.js';
import { grouped } from '../../concurrency/grouped.js';
import type { Database } from '../../database/client.js';
import { runStatement, statement, unplanned } from '../../database/statement.js';
import { loadImages } from '../images/load-images.js';
import { firstAnswerTo } from './first-answer-sql.js';
import { loadPredictions } from './load-predictions.js';
import type { NewPrediction } from './record-predictions.js';

/** A prediction that the network made: every repeat of its image by the same version gets the same answer. */
export type FirstAnswer = Pick<NewPrediction, 'prediction' | 'image'>;

/**
 * What decides whether an image is a repeat: the same region of the same bytes, answered by the same version, at the same site.
 * Another site's predictions are not repeated, because the times of a repeat would reveal them. Nor are predictions by releases that
 * did not check what the picture shows: these recorded no frame.
 */
export interface Question {
  imageSha256: string;
  /** Left, top, width and height of a cell of a field, in pixels of the upright image; empty for the whole image. */
  region: number[];
  modelVersionId: string;
  siteId: string | null;
}

/** What is recorded about a question. */
export interface RecordedAnswer {
  answer: FirstAnswer | null;
  /** Whether the image was erased with its case and has no row since then. */
  isErased: boolean;
}

/** Finds the first answer to a question. */
export interface FirstAnswers {
  /** Answers that are being made or were made recently. */
  recent: RecentAnswers;
  /** Reads the recorded answer. Concurrent callers share one statement. */
  findRecorded: (question: Question) => Promise<RecordedAnswer>;
  /** Reads the recorded answers to several questions, in their order. */
  findAllRecorded: (questions: readonly Question[]) => Promise<readonly RecordedAnswer[]>;
}

/** Made once for each database, or once for a job. */
export function createFirstAnswers(database: Database): FirstAnswers {
  return {
    recent: new RecentAnswers(),
    findRecorded: grouped((questions: readonly Question[]) => findFirstAnswers(database, questions)),
    findAllRecorded: (questions) => findFirstAnswers(database, questions),
  };
}

/**
 * The recorded first answer to each question, in their order. Servers that received the same image at the same time may each
 * have recorded one: these are equal.
 */
async function findFirstAnswers(
  database: Database,
  questions: readonly Question[],
): Promise<readonly RecordedAnswer[]> {
  const found = await runStatement<{ position: number; id: string | null }>(database, findIds, [
    questions.map(({ imageSha256 }) => imageSha256),
    questions.map(({ modelVersionId }) => modelVersionId),
    questions.map(({ siteId }) => siteId),
    questions.map(({ region }) => `{${region.join()}}`), // Postgres has no arrays of arrays of different lengths
  ]);
  // The usual case: every image is new.
  if (found.length === 0) return questions.map(() => ({ answer: null, isErased: false }));

  const ids = new Map(found.map(({ position, id }) => [position - 1, id]));
  const predictions = await loadPredictions(
    database,
    [...ids.values()].filter((id) => id !== null),
    ALL_SITES,
  );
  const images = await loadImages(
    database,
    [...predictions.values()].map(({ imageSha256 }) => imageSha256),
  );
  return questions.map(({ imageSha256 }, position) => {
    const prediction = predictions.get(ids.get(position) ?? '');
    const image = images.get(imageSha256);
    return {
      answer: prediction && image ? { prediction, image } : null,
      isErased: ids.get(position) === null,
    };
  });
}

const findIds = statement(`
  SELECT question.position::int, first.id
  FROM unnest(${['$1', '$2', '$3', '$4'].map((each) => unplanned(each, 'text[]')).join()})
    WITH ORDINALITY AS question ("imageSha256", "modelVersionId", "siteId", region, position)
  LEFT JOIN "ErasedImage" AS erased ON erased.sha256 = question."imageSha256"
  LEFT JOIN LATERAL (${firstAnswerTo('question')}) AS first ON true
  WHERE first.id IS NOT NULL OR erased.sha256 IS NOT NULL`);

function keyOf({ imageSha256, region, modelVersionId, siteId }: Question): string {
  return `${modelVersionId} ${imageSha256} ${region.join()} ${siteId}`;
}

const MAX_RECENT = 1000;

/** The newest 1,000 first answers, as promises: callers wait for an answer that is being made instead of making it again. */
export class RecentAnswers {
  readonly #answers = new Map<string, Promise<FirstAnswer>>();

  /** The answer to this question, made or being made; null where there is none. */
  find(question: Question): Promise<FirstAnswer> | null {
    return this.#answers.get(keyOf(question)) ?? null;
  }

  /** Forgets the answer to this question. */
  remove(question: Question): void {
    this.#answers.delete(keyOf(question));
  }

  /** Forgets all answers. */
  clear(): void {
    this.#answers.clear();
  }

  /** Remembers an answer that is being made. When it fails, it is removed. */
  add(question: Question, answer: Promise<FirstAnswer>): void {
    const key = keyOf(question);
    this.#answers.set(key, answer);
    const [oldest] = this.#answers.keys();
    if (this.#answers.size > MAX_RECENT && oldest !== undefined) this.#answers.delete(oldest);
    answer.catch(() => {
      if (this.#answers.get(key) === answer) this.#answers.delete(key);
    });
  }
}
