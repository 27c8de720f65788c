import { requireId } from '../../../api/argument-rules.js';
import { batched } from '../../../api/batched.js';
import type { RequestContext } from '../../../api/context.js';
import { UserErrorCode, userError } from '../../../api/user-error.js';
import type { Prisma } from '../../../database/generated/client.js';
import { loadClasses } from '../../models/load-models.js';
import type { DeviceAnswerInput } from './types.js';

/** The answer of a device, without the prediction that it is kept with. */
export type NewDeviceAnswer = Omit<Prisma.DeviceAnswerGetPayload<object>, 'predictionId'>;

/**
 * What a device says that it answered, as it is recorded. A time in the future is recorded as now: a device keeps the time with the image,
 * so that one with a wrong clock could otherwise never upload it.
 * @throws a user error NOT_FOUND for an unknown version; INVALID for a label that is not one of its classes, or a probability that does
 *   not belong to the label
 */
export async function validDeviceAnswer(
  context: RequestContext,
  { modelVersionId, outcome, label, probability, answeredAt }: DeviceAnswerInput,
): Promise<NewDeviceAnswer> {
  const at = (name: string) => ['input', 'deviceAnswer', name];
  requireId('mver', modelVersionId, at('modelVersionId'));
  const classes = await batched(context, loadClasses).load(modelVersionId);
  if (!classes)
    throw userError(UserErrorCode.NOT_FOUND, 'There is no such model version.', at('modelVersionId'));
  if (!classes.includes(label))
    throw userError(
      UserErrorCode.INVALID,
      `The version answers with ${classes.join(' or ')}, not with '${label}'.`,
      at('label'),
    );
  if (!(probability >= 0 && probability <= 1))
    throw userError(UserErrorCode.INVALID, 'A probability is between 0 and 1.', at('probability'));
  if (label !== classes[probability >= 0.5 ? 1 : 0])
    throw userError(
      UserErrorCode.INVALID,
      `With this probability of ${classes[1]}, '${label}' is not the most probable class.`,
      at('label'),
    );
  const now = new Date();
  return { modelVersionId, outcome, label, probability, answeredAt: answeredAt > now ? now : answeredAt };
}
