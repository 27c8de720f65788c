import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Services } from '../../../api/context.js';
import { readArtifact, writeArtifact } from '../../../artifact/artifact-store.js';
import { type Artifact, ArtifactError } from '../../../artifact/artifact.js';
import type { DatabaseOrTransaction, Transaction } from '../../../database/client.js';
import { ModelAlias } from '../../../database/generated/enums.js';
import { artifactPrefix } from '../../../storage/keys.js';
import type { ObjectStore } from '../../../storage/object-store.js';
import { openObjectStore } from '../../../storage/open-object-store.js';
import { recordAuditEvent } from '../../audit/record-audit-event.js';
import { recordAliasChange } from '../promotions/change-alias.js';
import { findOrCreateModel, lockModel } from '../find-or-create-model.js';
import { parityGate } from '../promotions/gates/artifact-gates.js';
import { failedGates, policyGates } from '../promotions/gates/check-gates.js';
import type { GateResult } from '../promotions/types.js';
import { registerModelVersion } from './register-model-version.js';

const NAME = 'reference';
const REASON = 'It came with Cytograph, so that a new server can answer.';
const LATER_REASON = 'It came with a later release of Cytograph.';
const OVERRIDE = 'Nobody was there yet who could have met the policy.';

/**
 * Registers the model bundled in `folder` (`manifest.json`, the files it lists, and a Markdown file, its card), in the name of
 * `admin`. Where the model `reference` has no version yet it becomes champion; what the policy of promotions asks for in vain is
 * recorded as overridden. Where an earlier release registered another bundled version, that one goes on answering, and this
 * one is registered beside it, for people to promote. Where people gave the name to models of their own, nothing happens.
 * A server without the folder starts anyway, and answers when a version is promoted.
 * Throws ArtifactError when the folder's files are not what its manifest says, or not of one network.
 */
export async function registerBundledModel(
  services: Pick<Services, 'config' | 'database' | 'store' | 'log'>,
  folder: string,
  admin: { id: string },
): Promise<void> {
  const { config, database, store, log } = services;
  const earlier = await earlierVersions(database);
  if (earlier.length > 0 && !earlier.some(cameWithCytograph)) return;
  if (!existsSync(path.join(folder, 'manifest.json'))) {
    if (earlier.length > 0) return;
    log.warn(
      `No model is bundled in ${folder}: classification begins when a version is trained and promoted.`,
    );
    return;
  }
  const bundle = openObjectStore(`file:${folder}`, config.s3);
  const artifact = await readArtifact(bundle, '', null);
  if (earlier.some(({ digest }) => digest === artifact.digest)) return;
  const parity = await parityGate(artifact);
  if (!parity.passed) throw new ArtifactError(parity.message);
  const modelCard = await readCard(folder);
  const version = await place(store, artifact, 1 + Math.max(0, ...earlier.map((each) => each.version)));
  await database.$transaction((tx) =>
    register(tx, services, { artifact, parity, version, modelCard, admin }),
  );
}

type Earlier = Awaited<ReturnType<typeof earlierVersions>>[number];

function earlierVersions(database: DatabaseOrTransaction) {
  return database.modelVersion.findMany({
    where: { model: { name: NAME } },
    select: { version: true, digest: true, trainingRunId: true, trainedElsewhere: true },
  });
}

function cameWithCytograph({ trainingRunId, trainedElsewhere }: Earlier): boolean {
  return trainingRunId === null && !trainedElsewhere;
}

/**
 * Writes the artifact and returns the number of the version that its place stands for: `from`, unless the store outlived
 * another database and holds another artifact there.
 */
async function place(store: ObjectStore, artifact: Artifact, from: number): Promise<number> {
  for (let version = from; ; version++) {
    try {
      await writeArtifact(store, artifactPrefix(NAME, version), artifact);
      return version;
    } catch (error) {
      if (!(error instanceof ArtifactError)) throw error;
    }
  }
}

interface Bundle {
  artifact: Artifact;
  parity: GateResult;
  version: number;
  modelCard: string;
  admin: { id: string };
}

async function register(
  tx: Transaction,
  services: Pick<Services, 'config' | 'database' | 'log'>,
  { artifact: { manifest, digest }, parity, version: number, modelCard, admin }: Bundle,
): Promise<void> {
  const model = await findOrCreateModel(tx, NAME, 'The model that comes with Cytograph.');
  await lockModel(tx, model.id);
  const earlier = await earlierVersions(tx);
  if (earlier.some((each) => each.digest === digest)) return; // another server was faster
  const isFirst = earlier.length === 0;

  const version = await registerModelVersion(tx, {
    modelName: NAME,
    version: number,
    manifest,
    digest,
    modelCard,
    createdById: admin.id,
    description: isFirst ? REASON : LATER_REASON,
  });
  if (!isFirst) {
    services.log.info(
      `The bundled model of this release is now version ${number} of ${NAME}. The champion stays as it is; promote the new version when you want it to answer.`,
    );
    return;
  }
  const { results } = await policyGates(services, {
    candidate: { ...version, model, digest, trainedElsewhere: false },
    manifest,
    championId: null,
    promoterId: admin.id,
  });
  const overridden = failedGates(results);
  await recordAliasChange(tx, {
    kind: 'PROMOTION',
    alias: ModelAlias.CHAMPION,
    model,
    before: null,
    toVersionId: version.id,
    reason: overridden.length > 0 ? `${REASON} ${OVERRIDE}` : REASON,
    requestedById: admin.id,
    gateResults: [
      { gate: 'artifact', passed: true, message: 'Every file has the SHA-256 that the manifest names.' },
      parity,
      ...results,
    ],
  });
  await recordAuditEvent(
    tx,
    { viewer: admin, ip: null },
    {
      action: 'MODEL_VERSION_PROMOTED',
      entityId: version.id,
      detail: [
        `${NAME} version ${number} became CHAMPION: ${REASON}`,
        ...overridden.map(({ gate, message }) => `Overrode the gate '${gate}': ${message}`),
      ].join('\n'),
    },
  );
}

async function readCard(folder: string): Promise<string> {
  const card = (await readdir(folder)).find((name) => name.endsWith('.md'));
  if (!card) throw new Error(`The model bundled in ${folder} has no card: a Markdown file is missing there.`);
  return readFile(path.join(folder, card), 'utf8');
}
