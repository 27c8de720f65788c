import { plainText } from '../../api/plain-text.js';
import { userError, UserErrorCode } from '../../api/user-error.js';
import type { WebhookEvent } from '../../database/generated/enums.js';
import { type WebhookRules, webhookUrlFault } from './webhook-url.js';

const LONGEST_NAME = 100;

/** The name without white space around it. Throws the user error INVALID. */
export function validName(given: string): string {
  const field = ['input', 'name'];
  const name = plainText(given.trim(), "A webhook's name", field);
  if (name !== '' && name.length <= LONGEST_NAME) return name;
  throw userError(
    UserErrorCode.INVALID,
    `A webhook's name must have 1 to ${LONGEST_NAME} characters.`,
    field,
  );
}

/** The normalised address. Throws the user error INVALID if messages may not be sent there. */
export function validUrl(given: string, rules: WebhookRules): string {
  const fault = webhookUrlFault(given.trim(), rules);
  if (fault === null) return new URL(given.trim()).href;
  throw userError(UserErrorCode.INVALID, fault, ['input', 'url']);
}

/** The events, each once. Throws the user error INVALID. */
export function validEvents(given: readonly WebhookEvent[]): WebhookEvent[] {
  if (given.length > 0 && !given.includes('TEST')) return [...new Set(given)];
  const message = 'Choose at least one event. TEST cannot be chosen, because testWebhook sends it.';
  throw userError(UserErrorCode.INVALID, message, ['input', 'events']);
}
