/** A service that this server depends on. */
export const DEPENDENCIES = ['database', 'object store', 'identity provider'] as const;
export type Dependency = (typeof DEPENDENCIES)[number];

/**
 * Why the service is unavailable. `unreachable`: no connection, or no answer in time; `read-only`: it refuses changes, as
 * after a failover; `full`: its disk is full; `busy`: it has no free connection, or took too long; `refused`: it no longer
 * accepts this server's credentials, or its folder or bucket is missing.
 */
export const OUTAGES = ['unreachable', 'read-only', 'full', 'busy', 'refused'] as const;
export type Outage = (typeof OUTAGES)[number];

/**
 * The database, the object store or the identity provider is temporarily unavailable. Callers get the code UNAVAILABLE (503 and Retry-After outside
 * GraphQL) and this message, without hosts or reasons; these are in `cause`, for the log.
 *
 * Also thrown if a change was sent but not confirmed: the change may or may not have been made.
 */
export class UnavailableError extends Error {
  constructor(
    readonly dependency: Dependency,
    readonly outage: Outage,
    options?: ErrorOptions,
  ) {
    super(
      `${sentence(dependency, outage)} Nothing that was confirmed is lost. Try again in a moment.`,
      options,
    );
    this.name = 'UnavailableError';
  }
}

function sentence(dependency: Dependency, outage: Outage): string {
  switch (outage) {
    case 'unreachable':
      return `The ${dependency} does not answer at the moment.`;
    case 'read-only':
      return `The ${dependency} accepts no changes at the moment.`;
    case 'full':
      return `The disk of the ${dependency} is full.`;
    case 'refused':
      return `The ${dependency} cannot be used at the moment: it refuses access to this server.`;
    case 'busy':
      return `The ${dependency} is too busy at the moment.`;
  }
}
