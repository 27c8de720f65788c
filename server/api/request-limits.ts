import { setTimeout as sleep } from 'node:timers/promises';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { Turns } from '../concurrency/turns.js';
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
  /** GraphQL requests and files that are worked on at the same time; others of the caller wait. */
  turns: number;
  /** The cost of everything that is requested (see `server/graphql/field-costs.ts`) in each {@link COST_SECONDS}. */
  cost: number;
}

/** Four seconds of CPU time in ten. */
const ofAccount: Limits = { requests: 200, operations: 50, turns: 3, cost: 400_000 };
/** A hospital may have one address for everyone, but only signing in needs no session. */
const ofAddress: Limits = { requests: 30, operations: 10, turns: 2, cost: 100_000 };

const COST_SECONDS = 10;
/** How long a caller who has used up the cost waits for the refusal, so that refusing costs little too. */
const REFUSAL_DELAY_MS = 1_000;
/** Work that can wait, such as reading what a subscriber missed, leaves this share of the cost for the caller's other requests. */
const LEFT_FOR_OTHERS = 1 / 4;
/** The cost of a page that a subscription reads, besides its events. */
const REPLAYED_PAGE_COST = 100;
/** The cost of a request for a file, which is authorised and read from the object store. */
export const FILE_COST = 200;

/** How a subscription reads many earlier events: within the limits of its caller. */
export interface Replay {
  /** Reads a page when it is the caller's turn. */
  page<T>(read: () => Promise<T>): Promise<T>;
  /** Counts an event, and waits if the caller has requested too much in the current 10 s. */
  event(): Promise<void>;
}

/** For the server itself and for tests. */
export const UNLIMITED_REPLAY: Replay = { page: (read) => read(), event: () => Promise.resolve() };

/** Counts what each caller does in this process, and refuses what is too much. */
export class RequestLimits {
  readonly #inProgress = new Map<string, number>();
  readonly #turnsOfAccounts = new Turns<string>({ atOnce: Infinity, ofOneKey: ofAccount.turns });
  readonly #turnsOfAddresses = new Turns<string>({ atOnce: Infinity, ofOneKey: ofAddress.turns });
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
   * Waits until the server may work on a request of the caller. It works on a few at the same time, so that many requests of one
   * caller delay the others of this caller, and not those of everybody.
   * @returns what to call when the work is done
   * @throws the reason of `signal`, when the client has disconnected
   */
  turn(caller: Caller, signal: AbortSignal): Promise<() => void> {
    return (caller.viewer ? this.#turnsOfAccounts : this.#turnsOfAddresses).take(keyOf(caller), signal);
  }

  /**
   * Refuses a request before its body is read.
   * @throws OVERLOADED, after a second, if the caller has used up the cost of the current 10 s; or the reason of `signal`
   */
  async refuseIfUsedUp(caller: Caller, signal: AbortSignal): Promise<void> {
    const used = await this.#costsOf(caller).get(keyOf(caller));
    if (!used || used.remainingPoints > 0) return;
    await sleep(REFUSAL_DELAY_MS, null, { signal, ref: false }).catch(() => signal.throwIfAborted());
    throw usedUp(caller, Math.max(0, used.msBeforeNext - REFUSAL_DELAY_MS));
  }

  /**
   * Counts the cost of what the caller requests.
   * @throws OVERLOADED, with the seconds to wait, if it costs too much in the current 10 s
   */
  async spend(caller: Caller, cost: number): Promise<void> {
    try {
      await this.#costsOf(caller).consume(keyOf(caller), cost);
    } catch (refused) {
      if (refused instanceof RateLimiterRes) throw usedUp(caller, refused.msBeforeNext);
      throw refused;
    }
  }

  /** Counts the cost of a request that is refused anyway. */
  async charge(caller: Caller, cost: number): Promise<void> {
    await this.#costsOf(caller).penalty(keyOf(caller), cost);
  }

  /**
   * Lets a subscription read earlier events, each of which has this cost.
   * @param signal ends the waiting, with its reason as the error
   */
  replay(caller: Caller, eventCost: number, signal: AbortSignal): Replay {
    return {
      page: async (read) => {
        await this.spendWhenPossible(caller, REPLAYED_PAGE_COST, signal);
        const endTurn = await this.turn(caller, signal);
        return read().finally(endTurn);
      },
      event: () => this.spendWhenPossible(caller, eventCost, signal),
    };
  }

  /**
   * Counts the cost of a part of long work, when the caller has left enough of the current 10 s for other requests too.
   * @throws the reason of `signal`, which ends the waiting
   */
  async spendWhenPossible(caller: Caller, cost: number, signal: AbortSignal): Promise<void> {
    const costs = this.#costsOf(caller);
    const most = costs.points * (1 - LEFT_FOR_OTHERS);
    for (;;) {
      // Counted before it is checked, so that subscriptions that continue at the same time see each other's cost.
      const used = await costs.penalty(keyOf(caller), cost);
      if (used.consumedPoints === cost || used.consumedPoints <= most) return;
      await costs.reward(keyOf(caller), cost);
      await sleep(used.msBeforeNext, null, { signal, ref: false }).catch(() => signal.throwIfAborted());
    }
  }

  #costsOf({ viewer }: Caller): RateLimiterMemory {
    return viewer ? this.#costOfAccount : this.#costOfAddress;
  }
}

function usedUp({ viewer }: Caller, milliseconds: number): Error {
  const seconds = Math.max(1, Math.ceil(milliseconds / 1000));
  const { cost } = viewer ? ofAccount : ofAddress;
  return overloaded(
    `Your requests of the last ${COST_SECONDS} s cost more than ${cost.toLocaleString('en-GB')}. Try again in ${seconds} s.`,
    429,
    seconds,
  );
}

function keyOf({ viewer, ip }: Caller): string {
  return viewer ? `account ${viewer.id}` : `address ${networkOf(ip)}`;
}
