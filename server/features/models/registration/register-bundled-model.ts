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
const REASON = 'Bundled with Cytograph, so that a new server can classify images.';
const LATER_REASON = 'Bundled with a later release of Cytograph.';
const OVERRIDE = 'The policy was overridden because the server was new and had no users or evaluations.';

/**
 * Registers the model bundled in `folder` (`manifest.json`, the files it lists, and a Markdown file, the model card), on behalf of
 * `admin`. If the model `reference` has no version yet, the bundled version becomes champion; gates of the promotion policy that it
 * fails are recorded as overridden. If an earlier release registered another bundled version, that version stays champion, and
 * this one is registered as a further version that people can promote. If users created a model with this name, nothing happens.
 * A server without the folder starts anyway, and classifies images once a version is promoted.
 * Throws ArtifactError if the files do not match the manifest, or the ONNX file does not match the weights.
 */
export async function registerBundledModel(
  services: Pick<Services, 'config' | 'database' | 'store' | 'log'>,
  folder: string,
  admin: { id: string },
): Promise<void> {
  const { config, database, store, log } = services;
  const earlier = await earlierVersions(database);
  if (earlier.length > 0 && !earlier.some(isBundled)) return;
  if (!existsSync(path.join(folder, 'manifest.json'))) {
    if (earlier.length > 0) return;
    log.warn(
      `There is no bundled model in ${folder}. Images can be classified once a version is trained and promoted.`,
    );
    return;
  }
  const bundle = openObjectStore(`file:${folder}`, config.s3);
  const artifact = await readArtifact(bundle, '', null);
  if (earlier.some(({ digest }) => digest === artifact.digest)) return;
  const parity = await parityGate(artifact);
  if (!parity.passed) throw new ArtifactError(parity.message);
  const modelCard = await readCard(folder);
  const version = await writeBundledArtifact(
    store,
    artifact,
    1 + Math.max(0, ...earlier.map((each) => each.version)),
  );
  await database.$transaction((tx) =>
    register(tx, services, { artifact, parity, version, modelCard, admin }),
  );
}

type EarlierVersion = Awaited<ReturnType<typeof earlierVersions>>[number];

function earlierVersions(database: DatabaseOrTransaction) {
  return database.modelVersion.findMany({
    where: { model: { name: NAME } },
    select: {
      ...{ version: true, digest: true, trainingRunId: true, trainedElsewhere: true },
      fittedBy: { select: { id: true } },
    },
  });
}

function isBundled({ trainingRunId, trainedElsewhere, fittedBy }: EarlierVersion): boolean {
  return trainingRunId === null && fittedBy === null && !trainedElsewhere;
}

/**
 * Writes the artifact to the object store and returns its version number: `from`, or the next number whose place is free, if
 * the store still contains artifacts of an earlier database.
 */
async function writeBundledArtifact(store: ObjectStore, artifact: Artifact, from: number): Promise<number> {
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
  if (earlier.some((each) => each.digest === digest)) return; // another server has registered it in the meantime
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
      `The bundled model of this release is now version ${number} of ${NAME}. The champion has not changed; promote the new version to use it.`,
    );
    return;
  }
  const { results } = await policyGates(services, {
    candidate: { ...version, model, digest, trainedElsewhere: false },
    manifest,
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
      { gate: 'artifact', passed: true, message: 'Every file has the SHA-256 that the manifest states.' },
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
        `${NAME} version ${number} became champion: ${REASON}`,
        ...overridden.map(({ gate, message }) => `Overrode the gate '${gate}': ${message}`),
      ].join('\n'),
    },
  );
}

async function readCard(folder: string): Promise<string> {
  const card = (await readdir(folder)).find((name) => name.endsWith('.md'));
  if (!card)
    throw new Error(`The model bundled in ${folder} has no model card. Add a Markdown file to the folder.`);
  return readFile(path.join(folder, card), 'utf8');
}
