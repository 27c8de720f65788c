import type { WebhookEvent } from '../../graphql/graphql.js';

/** What each event is called on the screens. */
export const eventLabels: Record<WebhookEvent, string> = {
  PROMOTION: 'A version is promoted, rolled back or retired',
  RUN_FAILED: 'A training run, a fit or an evaluation fails',
  DRIFT: 'Images differ from the training images',
  FIT_SUGGESTED: 'A fit is suggested',
  TEST: 'Test',
};

/** The events that can be chosen. */
export const choosableEvents: readonly WebhookEvent[] = ['PROMOTION', 'RUN_FAILED', 'DRIFT', 'FIT_SUGGESTED'];
