import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { Database } from '../database/client.js';
import type { Events } from '../database/events.js';
import type { InferencePool } from '../inference/pool.js';
import type { ObjectStore } from '../storage/object-store.js';
import type { Metrics } from './service-metrics.js';
import type { Role } from './permissions.js';
import type { RequestRecord } from './request-record.js';
import type { ServedVersions } from '../serving/served-versions.js';
import type { Shadow } from '../serving/shadow.js';

/** What operations work with, made once by `main.ts` (or by a test, on a temporary folder and database). */
export interface Services {
  config: Config;
  database: Database;
  store: ObjectStore;
  inference: InferencePool;
  served: ServedVersions;
  shadow: Shadow;
  metrics: Metrics;
  events: Events;
  log: Logger;
}

/** Who asks. */
export interface Viewer {
  id: string;
  email: string;
  displayName: string;
  roles: Role[];
  passwordIsOneTime: boolean;
  createdAt: Date;
  disabledAt: Date | null;
}

/** One request: the services, who asks, and from where. */
export interface RequestContext extends Services {
  viewer: Viewer | null;
  ip: string | null;
  requestId: string;
  /** Aborts when whoever asks has gone, with an error that is theirs. */
  signal: AbortSignal;
  /**
   * Resolves when the form that brings the request's files has been read to its end, which it is when its files have been;
   * rejects with what is wrong with it. Resolved where there is no form.
   */
  formRead: Promise<void>;
  /** Sets (a secret) or clears (null) the browser's session cookie; absent where there is no response to set it on. */
  setSessionCookie?: (secret: string | null) => void;
  /** What the access log says of it; absent where nobody logs. */
  record?: RequestRecord;
  /** The secret of the session cookie that came with the request. */
  sessionSecret: string | null;
}
