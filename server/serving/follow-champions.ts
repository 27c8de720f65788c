import { inTurn } from '../concurrency/in-turn.js';
import { within } from '../concurrency/within.js';
import type { Events } from '../database/events.js';
import { ModelAlias } from '../database/generated/enums.js';
import { FollowedAlias } from './followed-alias.js';
import { LoadedVersions, type LoaderServices } from './loaded-versions.js';
import type { ChampionReadiness, ServedVersion, ServedVersions } from './served-versions.js';

/** How often the aliases are read even without a notification, because NOTIFY does not reach a process that is disconnected. */
const POLL_MS = 5000;
/** The time limit of a read: a query on a silently lost connection would wait forever, and the next one gets another connection. */
const PATIENCE_MS = 10_000;

/** The services that following the champions needs. */
export interface FollowerServices extends LoaderServices {
  events: Events;
}

/** Loads the champions and challengers, except those that fail to load, and then follows changes in the database. */
export async function followChampions(services: FollowerServices): Promise<ServedVersions> {
  const follower = new ChampionFollower(services);
  await follower.refresh();
  return follower;
}

interface FollowedModel {
  modelId: string;
  champion: FollowedAlias;
  challenger: FollowedAlias;
}

class ChampionFollower implements ServedVersions {
  readonly #services: FollowerServices;
  readonly #versions: LoadedVersions;
  readonly #models = new Map<string, FollowedModel>();
  readonly #changeHandlers = new Set<() => void>();
  readonly #stopListening: (() => void)[];
  readonly #reading = inTurn(() => this.#read());

  constructor(services: FollowerServices) {
    this.#services = services;
    this.#versions = new LoadedVersions(services, (id) =>
      [...this.#models.values()].some(
        ({ champion, challenger }) => champion.served?.id === id || challenger.served?.id === id,
      ),
    );
    const read = () => void this.#reading.run();
    const poll = setInterval(read, POLL_MS);
    this.#stopListening = [
      services.events.on('champion-changed', read),
      services.events.onReconnect(read),
      () => clearInterval(poll),
    ];
  }

  readiness(): ChampionReadiness[] {
    return [...this.#models].map(([modelName, { modelId, champion, challenger }]) => ({
      modelId,
      modelName,
      championVersionId: champion.named,
      servedVersionId: champion.served?.id ?? null,
      error: champion.error,
      challengerVersionId: challenger.served?.id ?? null,
      challengerError: challenger.error,
    }));
  }

  champion(modelName: string): ServedVersion | null {
    return this.#models.get(modelName)?.champion.served ?? null;
  }

  challengerOf(championVersionId: string): ServedVersion | null {
    for (const { champion, challenger } of this.#models.values()) {
      if (champion.served?.id === championVersionId) return challenger.served;
    }
    return null;
  }

  use<Result>(versionId: string, use: (version: ServedVersion) => Promise<Result>): Promise<Result> {
    return this.#versions.use(versionId, use);
  }

  async refresh(modelName?: string): Promise<void> {
    await this.#reading.run();
    const models = [...this.#models].filter(([name]) => modelName === undefined || name === modelName);
    await Promise.all(models.map(([, { champion }]) => champion.settled()));
  }

  onChange(handler: () => void): () => void {
    this.#changeHandlers.add(handler);
    return () => this.#changeHandlers.delete(handler);
  }

  async close(): Promise<void> {
    for (const stop of this.#stopListening) stop();
    await this.#reading.settled();
    const aliases = [...this.#models.values()].flatMap(({ champion, challenger }) => [champion, challenger]);
    await Promise.all(aliases.map((alias) => alias.settled()));
  }

  /** Reads the versions of the aliases, and starts to load new ones. It does not wait for a load, so a slow load does not delay others. */
  async #read(): Promise<void> {
    const { database, log } = this.#services;
    try {
      const models = await within(
        PATIENCE_MS,
        database.model.findMany({
          select: { id: true, name: true, aliases: { select: { alias: true, modelVersionId: true } } },
        }),
      );
      for (const { id, name, aliases } of models) {
        const { champion, challenger } = this.#followed(id, name);
        const named = (alias: ModelAlias) =>
          aliases.find((assignment) => assignment.alias === alias)?.modelVersionId ?? null;
        champion.follow(named(ModelAlias.CHAMPION));
        challenger.follow(named(ModelAlias.CHALLENGER));
      }
    } catch (error) {
      log.warn(
        { err: error },
        'The champions could not be read from the database; the loaded champions continue to answer.',
      );
    }
  }

  #followed(modelId: string, modelName: string): FollowedModel {
    const known = this.#models.get(modelName);
    if (known) return known;
    const alias = (alias: ModelAlias) =>
      new FollowedAlias({
        modelName,
        alias,
        versions: this.#versions,
        log: this.#services.log,
        onChange: () => this.#changeHandlers.forEach((handler) => handler()),
      });
    const model = {
      modelId,
      champion: alias(ModelAlias.CHAMPION),
      challenger: alias(ModelAlias.CHALLENGER),
    };
    this.#models.set(modelName, model);
    return model;
  }
}
