import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { Pace } from '../concurrency/pace.js';
import type { Database } from '../database/client.js';
import type { Events } from '../database/events.js';
import type { InferencePool } from '../inference/pool.js';
import type { ObjectStore } from '../storage/object-store.js';
import type { Metrics } from './service-metrics.js';
import type { Role, Scope } from './permissions.js';
import type { Replay } from './request-limits.js';
import type { RequestRecord } from './request-record.js';
import type { ServedVersions } from '../serving/served-versions.js';
import type { Shadow } from '../serving/shadow.js';

/** The services that all features share. Created once by `main.ts`, or by a test with a temporary folder and database. */
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

/** The user who sent a request. */
export interface Viewer {
  id: string;
  email: string;
  displayName: string;
  roles: Role[];
  passwordIsOneTime: boolean;
  /** The user's sites. The first is that of new predictions. */
  siteIds: string[];
  /** Whether the user also sees predictions of other sites, and those without a site. */
  seesAllSites: boolean;
  createdAt: Date;
  disabledAt: Date | null;
  /** The API token that the request came with; null for a browser session. */
  token: { id: string; scopes: Scope[] } | null;
  /** The browser session that the request came with; null for an API token, and while a user signs in. */
  sessionId: string | null;
}

/** One request: the services, its user, and where it comes from. */
export interface RequestContext extends Services {
  viewer: Viewer | null;
  ip: string | null;
  requestId: string;
  /** Aborts when the client has disconnected, with an error that counts as the client's fault. */
  signal: AbortSignal;
  /**
   * Resolves when the form with the request's files has been read to its end, and rejects with the reason if the form is invalid.
   * It can only be read to its end once its files are read. Already resolved for a request without a form.
   */
  formRead: Promise<void>;
  /** Sets the browser's session cookie to a secret, or clears it (null). Undefined where there is no HTTP response. */
  setSessionCookie?: (secret: string | null) => void;
  /** Divides long queries into parts, so that other requests are not delayed. Undefined where there are no others. */
  pace?: Pace;
  /** Ends the caller's turn (see `RequestLimits.turn`). Undefined where the request has none. */
  endTurn?: () => void;
  /** How a subscription reads many earlier events. Undefined where nothing limits it. */
  replay?: Replay;
  /** The request's entry in the access log. Undefined where there is none. */
  record?: RequestRecord;
  /** The secret of the session cookie that came with the request. */
  sessionSecret: string | null;
  /** The secret of the cookie by which a browser is recognised after its session has ended. */
  deviceSecret: string | null;
  /** Sets that cookie; absent where there is no response to set it on. */
  setDeviceCookie?: (secret: string) => void;
  /** The header Idempotency-Key: the id of a request that its sender may repeat. */
  idempotencyKey: string | null;
  /** How the client describes itself (User-Agent). */
  userAgent: string | null;
}
