import { isIP } from 'node:net';
import type { Config } from '../../config.js';
import { isPublicAddress } from './public-address.js';

export type WebhookRules = Pick<Config, 'webhookHosts' | 'webhookPrivateAddresses'>;

const LONGEST_URL = 2000;

/** The IP address that a host name is, without the brackets of IPv6; null for other names. */
export function addressOf(hostname: string): string | null {
  const address = hostname.replace(/^\[|\]$/g, '');
  return isIP(address) === 0 ? null : address;
}

/**
 * What is wrong with the address of a webhook, as a sentence; null if messages may be sent there. The address of a host name is
 * checked when a message is sent, because it can change.
 */
export function webhookUrlFault(
  text: string,
  { webhookHosts, webhookPrivateAddresses }: WebhookRules,
): string | null {
  const url = text.length <= LONGEST_URL && URL.canParse(text) ? new URL(text) : null;
  if (!url || !['http:', 'https:'].includes(url.protocol)) {
    return `This is not a web address. Write it as https://hooks.example.org/cytograph, with at most ${LONGEST_URL} characters.`;
  }
  if (url.username || url.password || url.hash) {
    return 'The address must not have a user name, a password or a fragment (#). The signature shows the receiver who sends.';
  }
  if (url.protocol === 'http:' && !webhookPrivateAddresses) {
    return 'Use https://. Plain HTTP is allowed only if the setting WEBHOOK_PRIVATE_ADDRESSES is true.';
  }
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const allowed = webhookHosts.some((entry) => {
    const host = new URL(`${url.protocol}//${entry}`);
    return (
      host.hostname === url.hostname && (host.port || (url.protocol === 'https:' ? '443' : '80')) === port
    );
  });
  if (!allowed) {
    return webhookHosts.length === 0
      ? 'Webhooks cannot be sent to any host, because the setting WEBHOOK_HOSTS is empty. Ask an administrator of the server to set it.'
      : `${url.host} is not among the hosts that webhooks may be sent to. The setting WEBHOOK_HOSTS allows: ${webhookHosts.join(', ')}.`;
  }
  const address = addressOf(url.hostname);
  if (address !== null && !webhookPrivateAddresses && !isPublicAddress(address)) {
    return `${address} is a private or special address. It is allowed only if the setting WEBHOOK_PRIVATE_ADDRESSES is true.`;
  }
  return null;
}
