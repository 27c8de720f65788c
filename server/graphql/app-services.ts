import type { RequestContext, Services } from '../api/context.js';
import { RequestLimits } from '../api/request-limits.js';
import { Pace } from '../concurrency/pace.js';
import { AccessRecorder } from '../features/audit/access-recorder.js';
import { type AccountServices, createAccountServices } from '../features/accounts/account-services.js';
import { PredictionChangeFeed } from '../features/prediction-changes/prediction-change-feed.js';
import {
  createPredictionServices,
  type PredictionServices,
} from '../features/predictions/prediction-services.js';

/** The services of the whole server: those shared by all features, and those of single features. */
export interface AppServices extends Services, AccountServices, PredictionServices {
  accesses: AccessRecorder;
  changes: PredictionChangeFeed;
  limits: RequestLimits;
  pace: Pace;
}

/** One request, with the services of the whole server. */
export interface AppContext extends AppServices, RequestContext {
  pace: Pace;
}

/** Adds the services that features create from the shared services. Called once, when the server starts. */
export function createAppServices(services: Services): AppServices {
  const { database, events, log } = services;
  return {
    ...services,
    ...createPredictionServices(services),
    ...createAccountServices(services),
    accesses: new AccessRecorder(database, log),
    changes: new PredictionChangeFeed(database, events),
    limits: new RequestLimits(),
    pace: new Pace(),
  };
}
