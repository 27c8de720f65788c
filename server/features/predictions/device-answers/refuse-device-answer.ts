import { UserErrorCode, userError } from '../../../api/user-error.js';
import type { ImageRequest } from '../answer-request.js';

/** @throws a user error INVALID for a request of several images or cells that has the answer of a device, which is about one cell */
export function refuseDeviceAnswer({ deviceAnswer }: Pick<ImageRequest, 'deviceAnswer'>): void {
  if (!deviceAnswer) return;
  throw userError(
    UserErrorCode.INVALID,
    'The answer of a device is about the cell of one image. Send it with classify.',
    ['input', 'deviceAnswer'],
  );
}
