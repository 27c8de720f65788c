import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { type Artifact, contentOf, sealArtifact } from '../../../artifact/artifact.js';
import { readArtifact, writeArtifact } from '../../../artifact/artifact-store.js';
import { ARTIFACT_FILES, manifestBytes } from '../../../artifact/manifest.js';
import { randomArtifact } from '../../../artifact/testing.js';
import { newId } from '../../../database/ids.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { withReferences } from '../../../inference/references.js';
import { PromotionPolicy } from '../../../promotion-policy.js';
import { artifactPrefix } from '../../../storage/keys.js';
import { findOrCreateModel } from '../find-or-create-model.js';
import { registerBundledModel } from './register-bundled-model.js';
import { nextVersion, registerModelVersion } from './register-model-version.js';
import { registerRandomVersion } from '../testing.js';

let services: TestServices;
beforeAll(async () => {
  services = await openTestServices();
});
afterAll(() => services.close());

test('version numbers are consecutive, even with concurrent registrations', async () => {
  const registered = await Promise.all(
    Array.from({ length: 8 }, (_, seed) => registerRandomVersion(services, { modelName: 'crowd', seed })),
  );
  expect(registered.map(({ version }) => version).sort((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  expect(await services.database.model.count({ where: { name: 'crowd' } })).toBe(1);
});

test('versions registered without a number get the next number', async () => {
  const { manifest, digest } = randomArtifact();
  const register = () =>
    services.database.$transaction((tx) =>
      registerModelVersion(tx, { modelName: 'numbered', manifest, digest, modelCard: '# Card' }),
    );
  await register();
  const registered = await Promise.all(Array.from({ length: 5 }, register));
  expect(registered.map(({ version }) => version).sort()).toEqual([2, 3, 4, 5, 6]);
});

test('skips a number whose artifact was written but never registered', async () => {
  await writeArtifact(services.store, artifactPrefix('crashed', 1), randomArtifact());
  const version = await services.database.$transaction((tx) => nextVersion(tx, services.store, 'crashed'));
  expect(version).toBe(2);
});

test('a manifest is registered unchanged, and only with its own digest', async () => {
  const { manifest, digest } = randomArtifact({ seed: 7 });
  const register = (digest: string) =>
    services.database.$transaction((tx) =>
      registerModelVersion(tx, { modelName: 'digested', manifest, digest, modelCard: '# Card' }),
    );
  await expect(register('0'.repeat(64))).rejects.toThrow(RangeError);
  const { id } = await register(digest);
  const row = await services.database.modelVersion.findUniqueOrThrow({ where: { id } });
  expect(row.manifest).toEqual(JSON.parse(manifestBytes(manifest).toString()));
  expect(row).toMatchObject({ status: 'READY', digest, classes: ['normal', 'blast'], inputSize: 64 });
});

test.each(['', 'Upper', '-a', 'a-', '../up', 'a/b', 'a b', 'é', 'x'.repeat(65)])(
  "'%s' is not a model's name",
  async (modelName) => {
    const { manifest, digest } = randomArtifact();
    await expect(
      services.database.$transaction((tx) =>
        registerModelVersion(tx, { modelName, manifest, digest, modelCard: '# Card' }),
      ),
    ).rejects.toThrow(RangeError);
  },
);

describe('the bundled model', () => {
  const bundle = async (name: string, artifact: Artifact) => {
    const folder = path.join(services.folder, name);
    await mkdir(folder);
    for (const file of ARTIFACT_FILES) await writeFile(path.join(folder, file), contentOf(artifact, file));
    await writeFile(path.join(folder, 'manifest.json'), manifestBytes(artifact.manifest));
    await writeFile(path.join(folder, 'model-card.md'), '# The card');
    return folder;
  };
  const versions = () => services.database.modelVersion.findMany({ where: { model: { name: 'reference' } } });

  test('may be missing', async () => {
    const admin = await services.createViewer();
    await registerBundledModel(services, path.join(services.folder, 'nowhere'), admin);
    expect(await versions()).toEqual([]);
  });

  test('is refused if a file does not match the manifest', async () => {
    const admin = await services.createViewer();
    const folder = await bundle('tampered', randomArtifact());
    await writeFile(path.join(folder, 'weights.bin'), 'other');
    await expect(registerBundledModel(services, folder, admin)).rejects.toThrow('weights.bin');
    expect(await versions()).toEqual([]);
  });

  test('is refused if the ONNX file does not match the weights', async () => {
    const admin = await services.createViewer();
    const { manifest, modelJson, weights } = randomArtifact({ seed: 1 });
    const { onnx } = randomArtifact({ seed: 2 });
    const folder = await bundle('two networks', sealArtifact(manifest, { modelJson, weights, onnx }));
    await expect(registerBundledModel(services, folder, admin)).rejects.toThrow('does not compute');
    expect(await versions()).toEqual([]);
  });

  test('becomes the first champion under any policy, with the gates recorded as overridden', async () => {
    const own = await openTestServices({
      promotionPolicy: PromotionPolicy.parse({
        minSensitivity: 0.99,
        approval: 'second-person',
      }),
    });
    try {
      const admin = await own.createViewer();
      await registerBundledModel(own, await bundle('strict', randomArtifact()), admin);
      await own.served.refresh();
      const { data } = await own.execute(
        `{ model(name: "reference") { champion { version } promotions { overridden reason } } }`,
        {},
        admin,
      );
      expect(data.model).toEqual({
        champion: { version: 1 },
        promotions: [
          {
            overridden: ['evaluated', 'sensitivity', 'specificity', 'coverage', 'approval'],
            reason: expect.stringContaining('The policy was overridden because the server was new'),
          },
        ],
      });
      expect(own.served.champion('reference')).toMatchObject({ version: 1 });
    } finally {
      await own.close();
    }
  });

  test('becomes champion once, however many servers start, even if an older database left artifacts in the store', async () => {
    const admin = await services.createViewer();
    await writeArtifact(services.store, artifactPrefix('reference', 1), randomArtifact({ seed: 99 }));
    await services.database.$transaction((tx) => findOrCreateModel(tx, 'reference')); // like a training run
    const artifact = randomArtifact();
    const folder = await bundle('bundled', artifact);
    await Promise.all([1, 2, 3].map(() => registerBundledModel(services, folder, admin)));
    await registerBundledModel(services, folder, admin);

    const [version, ...others] = await versions();
    expect(others).toEqual([]);
    expect(version).toMatchObject({ version: 2, digest: artifact.digest, modelCard: '# The card' });
    await readArtifact(services.store, artifactPrefix('reference', 2), artifact.digest);
    const { data } = await services.execute(
      `{ model(name: "reference") { champion { id } promotions { kind reason requestedBy { id } gateResults { gate passed } } } }`,
      {},
      admin,
    );
    expect(data.model).toMatchObject({
      champion: { id: version?.id },
      promotions: [
        {
          kind: 'PROMOTION',
          requestedBy: { id: admin.id },
          gateResults: [
            { gate: 'artifact', passed: true },
            { gate: 'parity', passed: true },
            { gate: 'evaluated', passed: true },
            { gate: 'auc', passed: true },
          ],
        },
      ],
    });
  });

  test('of a later release is registered once as a further version, and the champion stays', async () => {
    const own = await openTestServices();
    try {
      const admin = await own.createViewer();
      const earlier = randomArtifact();
      const earlierFolder = await bundle('earlier', earlier);
      await registerBundledModel(own, earlierFolder, admin);
      const folder = await bundle('later', await withReferences(earlier));
      await Promise.all([1, 2, 3].map(() => registerBundledModel(own, folder, admin)));
      await registerBundledModel(own, folder, admin);
      await registerBundledModel(own, earlierFolder, admin); // back to the previous release

      const { data } = await own.execute(
        `{ model(name: "reference") { champion { version digest } promotions { id } versions { edges { node { version description } } } } }`,
        {},
        admin,
      );
      expect(data.model.champion).toEqual({ version: 1, digest: earlier.digest });
      expect(data.model.promotions).toHaveLength(1);
      const versions = data.model.versions.edges.map(({ node }: { node: unknown }) => node);
      expect(versions).toHaveLength(2);
      expect(versions).toContainEqual({
        version: 2,
        description: 'Bundled with a later release of Cytograph.',
      });
    } finally {
      await own.close();
    }
  });

  test('is not registered if users created a model with its name', async () => {
    const own = await openTestServices();
    try {
      const { id: createdById } = await own.createViewer();
      const base = await registerRandomVersion(own, { seed: 5, origin: { trainedElsewhere: true } });
      const fitted = await registerRandomVersion(own, { seed: 6 });
      await own.database.fit.create({
        data: {
          ...{ id: newId('fit'), status: 'SUCCEEDED', modelVersionId: base.id, fittedVersionId: fitted.id },
          ...{ counts: {}, figures: {}, cellsDigest: 'a', createdById },
        },
      });
      await registerBundledModel(own, await bundle('not wanted', randomArtifact()), { id: createdById });
      expect(await own.database.modelVersion.count()).toBe(2);
    } finally {
      await own.close();
    }
  });
});
