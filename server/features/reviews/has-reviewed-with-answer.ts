import type { Database } from '../../database/client.js';

/** Whether the user has reviewed a prediction when they saw the model's answer. A review that was withdrawn counts too: they have seen it. */
export async function hasReviewedWithAnswer(
  database: Database,
  predictionId: string,
  reviewerId: string,
): Promise<boolean> {
  const where = { predictionId, reviewerId, blind: false };
  return (await database.review.findFirst({ where, select: { id: true } })) !== null;
}
