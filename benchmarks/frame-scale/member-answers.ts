import sharp from 'sharp';
import { interpret, type Interpretation } from '../../server/decision/interpret.js';
import { type Picture, preparePixels } from '../../server/pixels/prepare-pixels.js';
import { rulesOfMember } from '../../training/calibration/derive-decision-rules.js';
import { scoreImages } from '../../training/network/score-images.js';
import type { TensorFlow } from '../../training/tensorflow/tensorflow.js';
import type { TrainedParts } from '../../training/train-model.js';

/** The answer of the member that a cell was held out from. */
export interface MemberAnswer extends Interpretation {
  logit: number;
}

/** Pictures that are prepared at a time. */
const AT_A_TIME = 32;

/**
 * Returns a function that answers pictures of items, in their order. A picture is prepared as the server prepares an upload and
 * answered by the member that the item was held out from, with the rules of the version.
 */
export function memberAnswers(tf: TensorFlow, { plan, images, members, rules }: TrainedParts) {
  const memberOf = new Map<number, number>();
  plan.members.forEach(({ heldOut }, member) => heldOut.forEach((index) => memberOf.set(index, member)));
  const signal = new AbortController().signal;

  return async (
    indices: readonly number[],
    pictureOf: (index: number) => Promise<Picture>,
  ): Promise<MemberAnswer[]> => {
    const prepared: Awaited<ReturnType<typeof prepare>>[] = [];
    for (let start = 0; start < indices.length; start += AT_A_TIME) {
      const some = indices.slice(start, start + AT_A_TIME);
      prepared.push(...(await Promise.all(some.map(async (index) => prepare(await pictureOf(index))))));
    }
    const cache = {
      ...images.cache,
      read: (position: number, out: Uint8Array) => out.set(prepared[position]?.pixels ?? []),
    };
    const answers: MemberAnswer[] = [];
    for (const [number, member] of members.entries()) {
      const own = indices.flatMap((index, position) => (memberOf.get(index) === number ? [position] : []));
      const { logits, embeddings } = await scoreImages(tf, member.model, { ...images, cache }, own, signal);
      const { slope, intercept } = member.calibration;
      const ownRules = rulesOfMember(rules, member);
      own.forEach((position, row) => {
        const logit = slope * (logits[row] ?? NaN) + intercept;
        const qualityWarnings = prepared[position]?.qualityWarnings ?? [];
        const raw = { logit, embedding: embeddings[row] ?? [], qualityWarnings };
        answers[position] = { ...interpret(ownRules, raw), logit };
      });
    }
    return answers;
  };

  async function prepare(picture: Picture) {
    const { width, height, pixels } = picture;
    return preparePixels(picture, plan.preprocessing, async (box, across, down) => {
      const raw = sharp(pixels, { raw: { width, height, channels: 3 } });
      return raw.extract(box).resize(across, down, { fit: 'fill', kernel: 'lanczos3' }).raw().toBuffer();
    });
  }
}
