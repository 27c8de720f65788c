import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { Viewer } from './context.js';
import { overloaded } from './errors.js';
import { networkOf } from './network-of.js';

/** Who is counted together: an account, or everybody at an address who is not signed in. */
export interface Caller {
  viewer: Pick<Viewer, 'id'> | null;
  ip: string | null;
}

interface Limits {
  /** HTTP requests in progress. */
  requests: number;
  /** Operations in progress over WebSocket, on all connections together. */
  operations: number;
  /** The cost of all operations (see `server/graphql/field-costs.ts`) in each {@link COST_SECONDS}. */
  cost: number;
}

const ofAccount: Limits = { requests: 200, operations: 50, cost: 1_000_000 };
/** A hospital may have one address for everyone, but only signing in needs no session. */
const ofAddress: Limits = { requests: 30, operations: 10, cost: 200_000 };

const COST_SECONDS = 10;

/** Counts what each caller does in this process, and refuses what is too much. */
export class RequestLimits {
  readonly #inProgress = new Map<string, number>();
  readonly #costOfAccount = new RateLimiterMemory({ points: ofAccount.cost, duration: COST_SECONDS });
  readonly #costOfAddress = new RateLimiterMemory({ points: ofAddress.cost, duration: COST_SECONDS });

  /**
   * Counts an HTTP request, or an operation over WebSocket, of the caller.
   * @returns what to call when it has finished
   * @throws OVERLOADED if the caller has too many in progress
   */
  begin(caller: Caller, kind: 'requests' | 'operations'): () => void {
    const most = (caller.viewer ? ofAccount : ofAddress)[kind];
    const key = `${kind} ${keyOf(caller)}`;
    const count = this.#inProgress.get(key) ?? 0;
    if (count >= most) {
      const whose = caller.viewer ? 'Your account' : 'Your address';
      throw overloaded(
        `${whose} has ${count} ${kind} in progress, and at most ${most} are allowed. Wait until some have finished.`,
        429,
      );
    }
    this.#inProgress.set(key, count + 1);
    let isFinished = false;
    return () => {
      if (isFinished) return;
      isFinished = true;
      const others = (this.#inProgress.get(key) ?? 1) - 1;
      if (others > 0) this.#inProgress.set(key, others);
      else this.#inProgress.delete(key);
    };
  }

  /**
   * Counts the cost of an operation.
   * @throws OVERLOADED, with the seconds to wait, if the caller's operations cost too much in the current 10 s
   */
  async spend(caller: Caller, cost: number): Promise<void> {
    const limiter = caller.viewer ? this.#costOfAccount : this.#costOfAddress;
    try {
      await limiter.consume(keyOf(caller), cost);
    } catch (refused) {
      if (!(refused instanceof RateLimiterRes)) throw refused;
      const seconds = Math.ceil(refused.msBeforeNext / 1000);
      const { cost: most } = caller.viewer ? ofAccount : ofAddress;
      throw overloaded(
        `Your operations of the last ${COST_SECONDS} s cost more than ${most.toLocaleString('en-GB')}. Try again in ${seconds} s.`,
        429,
        seconds,
      );
    }
  }
}

function keyOf({ viewer, ip }: Caller): string {
  return viewer ? `account ${viewer.id}` : `address ${networkOf(ip)}`;
}
