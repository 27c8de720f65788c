import type { RequestHandler } from 'express';
import type { ServerResponse } from 'node:http';
import { ErrorCode } from '../api/error-codes.js';
import { newRecord, type RequestRecord } from '../api/request-record.js';
import type { AppServices } from '../graphql/app-services.js';
import { clientAddress } from './proxies.js';
import { currentRequest } from './request-scope.js';

const records = new WeakMap<ServerResponse, RequestRecord>();

/** The record for the access log of the request that `response` belongs to. */
export function recordOf(response: ServerResponse): RequestRecord {
  const record = records.get(response) ?? newRecord();
  records.set(response, record);
  return record;
}

/** Frequent requests of machines and files of the web app: logged only for debugging. */
const QUIET = /^\/(healthz|readyz|metrics|assets\/|$)|\.(svg|png|ico)$/;
const LONGEST_PATH = 200;

/**
 * Writes one log line and one count for every request, when its response is complete or its client has disconnected. A request
 * that the account's roles do not allow is also recorded in the audit trail.
 */
export function accessLog({ config, log, metrics, accesses }: AppServices): RequestHandler {
  const lines = log.child({}, { redact: [] }); // their keys, below, are none of those that are never logged
  return (request, response, next) => {
    const begin = performance.now();
    const { method, path } = request;
    const address = clientAddress(request, config);
    const requestId = currentRequest()?.id;
    response.once('close', () => {
      const { operation, account, codes } = recordOf(response);
      const durationMs = Math.round((performance.now() - begin) * 10) / 10;
      const isStream = String(response.getHeader('content-type')).startsWith('text/event-stream');
      const gone = !response.writableFinished && !isStream; // clients end streams by disconnecting
      const status = response.statusCode;
      const outcome = gone ? 'CLIENT_GONE' : (codes[0] ?? (status < 400 ? 'OK' : 'FAILED'));
      const route = isStream ? 'stream' : routeOf(path); // lasts long: not to be mixed with other requests
      metrics.requested({ route, operation, status, outcome, seconds: durationMs / 1000 });
      const line = {
        requestId,
        method,
        path: path.slice(0, LONGEST_PATH),
        operation,
        account,
        address,
        status,
        outcome,
        durationMs,
      };
      if (codes.includes(ErrorCode.FORBIDDEN)) {
        const actor = { viewer: account === null ? null : { id: account }, ip: address, requestId };
        accesses.record(actor, {
          action: 'ACCESS_REFUSED',
          items: [operation ?? `${method} ${path.slice(0, LONGEST_PATH)}`],
        });
      }
      lines[QUIET.test(path) ? 'debug' : 'info'](line, 'request');
    });
    next();
  };
}

/** The part of the server that handles a path, as a label with few values. */
function routeOf(path: string): string {
  const [, first = ''] = path.split('/');
  return ['graphql', 'predict', 'files', 'oidc', 'healthz', 'readyz', 'metrics'].includes(first)
    ? first
    : 'app';
}
