import type { Viewer } from '../../../api/context.js';
import { Role } from '../../../api/permissions.js';
import { UserErrorException } from '../../../api/user-error.js';
import { type Artifact, sha256 } from '../../../artifact/artifact.js';
import { readArtifact } from '../../../artifact/artifact-store.js';
import { manifestBytes } from '../../../artifact/manifest.js';
import { randomArtifact } from '../../../artifact/testing.js';
import { newId } from '../../../database/ids.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { drawSmear } from '../../../imaging/testing.js';
import { openInferencePool } from '../../../inference/pool.js';
import { withReferences } from '../../../inference/references.js';
import { artifactPrefix } from '../../../storage/keys.js';
import { uploadOf } from '../../predictions/testing.js';
import { promoteModelVersion } from '../promotions/promote-model-version.js';
import { registerExternalVersion } from './register-external-version.js';

let services: TestServices;
let engineer: Viewer;
let models = 0;
beforeAll(async () => {
  services = await openTestServices();
  engineer = await services.createViewer(Role.ML_ENGINEER);
});
afterAll(() => services.close());

const newModel = () => `external-${++models}`;
const artifact = randomArtifact();
/** The artifact as it is registered, with reference images. */
const registered = await withReferences(artifact);
const bytesOf = {
  'model.json': artifact.modelJson,
  'weights.bin': artifact.weights,
  'model.onnx': artifact.onnx,
};
type Name = keyof typeof bytesOf;

/** Files with a manifest that describes them, with the properties in `manifest` overridden; `listed` are the files that it names. */
function filesWith({
  manifest = {},
  bytes = {},
  listed = ['model.json', 'weights.bin'],
  send = ['model.json', 'weights.bin'],
}: {
  manifest?: Record<string, unknown>;
  bytes?: Partial<Record<Name, Uint8Array>>;
  listed?: Name[];
  send?: Name[];
} = {}): Record<string, Uint8Array> {
  const contents = { ...bytesOf, ...bytes };
  const described = listed.map((name) => {
    const content = contents[name];
    return [name, { sha256: sha256(content), byteSize: content.byteLength }];
  });
  const json = { ...artifact.manifest, files: Object.fromEntries(described), ...manifest };
  return {
    ...Object.fromEntries(send.map((name) => [name, contents[name]])),
    'manifest.json': Buffer.from(JSON.stringify(json)),
  };
}

async function register(
  files: Record<string, Uint8Array> | [string, Uint8Array][],
  input: Record<string, unknown>,
  viewer = engineer,
) {
  const entries = Array.isArray(files) ? files : Object.entries(files);
  return services.execute(
    `mutation ($files: [Upload!]!, $input: RegisterModelVersionInput!) {
      registerModelVersion(files: $files, input: $input) {
        modelVersion { id version status digest description trainedElsewhere modelCard createdBy { id } trainingRun { id } datasetSnapshot { id }
          model { name champion { id } } files { name } }
        userErrors { code field message }
      }
    }`,
    { files: entries.map(([filename, bytes]) => uploadOf(bytes, { filename })), input },
    viewer,
  );
}

async function objectsBelow(prefix: string): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of services.store.list(prefix)) keys.push(key);
  return keys;
}

test('a version from three files is READY, has the same artifact as if it were trained here, and answers', async () => {
  const modelName = newModel();
  const before = services.inference.loaded();
  const { data, errors } = await register(filesWith(), { modelName });
  expect(errors).toEqual([]);
  const { modelVersion, userErrors } = data.registerModelVersion;
  expect(userErrors).toEqual([]);
  expect(modelVersion).toMatchObject({
    version: 1,
    status: 'READY',
    digest: registered.digest,
    description: `Trained elsewhere, registered by ${engineer.displayName}.`,
    trainedElsewhere: true,
    modelCard: expect.stringContaining(engineer.displayName),
    createdBy: { id: engineer.id },
    trainingRun: null,
    datasetSnapshot: null,
    model: { name: modelName, champion: null },
  });
  expect(services.inference.loaded()).toEqual(before); // the tested version was unloaded
  await readArtifact(services.store, artifactPrefix(modelName, 1), registered.digest);
  const events = { action: 'MODEL_VERSION_REGISTERED', entityId: modelVersion.id, actorId: engineer.id };
  expect(await services.database.auditEvent.count({ where: events })).toBe(1);

  await promoteModelVersion(services.contextOf(engineer), {
    modelVersionId: modelVersion.id,
    alias: 'CHALLENGER',
    reason: 'A test lets it shadow',
  });
  const image = await drawSmear().png().toBuffer();
  await services.served.use(modelVersion.id, () => services.inference.infer(modelVersion.id, image));
});

test('model.onnx may be uploaded or only listed, and an artifact is registered only once per model', async () => {
  const modelName = newModel();
  const all: Name[] = ['model.json', 'weights.bin', 'model.onnx'];
  const whole = await register(filesWith({ listed: all, send: all }), {
    modelName,
    description: ' From the other hospital ',
    modelCard: '# Its card',
  });
  expect(whole.data.registerModelVersion.modelVersion).toMatchObject({
    digest: registered.digest,
    description: 'From the other hospital',
    modelCard: '# Its card',
  });
  const named = await register(filesWith({ listed: all }), { modelName: newModel() });
  expect(named.data.registerModelVersion.modelVersion).toMatchObject({ digest: registered.digest });

  const again = await register(filesWith(), { modelName });
  expect(again.data.registerModelVersion).toMatchObject({
    modelVersion: null,
    userErrors: [{ code: 'CONFLICT', field: ['files'] }],
  });
  const { manifest } = artifact;
  const other = filesWith({ manifest: { decisionThreshold: 0.4, abstentionBand: [0.3, 0.6] } });
  expect(manifest.decisionThreshold).toBe(0.5);
  const second = await register(other, { modelName });
  expect(second.data.registerModelVersion.modelVersion).toMatchObject({ version: 2 });
});

test('keeps reference images of the upload, and refuses a version whose outputs for them differ here', async () => {
  const { references = [] } = registered.manifest;
  const modelName = newModel();
  const { data } = await register(filesWith({ manifest: { references } }), { modelName });
  expect(data.registerModelVersion.modelVersion).toMatchObject({ digest: registered.digest });

  const changed = references.map((reference) => ({ ...reference, logit: reference.logit + 1 }));
  const other = await register(filesWith({ manifest: { references: changed } }), { modelName });
  expect(other.data.registerModelVersion).toMatchObject({
    modelVersion: null,
    userErrors: [
      {
        code: 'INVALID',
        field: ['files', 'manifest.json'],
        message: expect.stringMatching(/^The version does not load: .* this release gives different results/),
      },
    ],
  });
});

test('an artifact that is sent several times at once is registered once', async () => {
  const modelName = newModel();
  const outcomes = await Promise.all([1, 2, 3].map(() => register(filesWith(), { modelName })));
  const codes = outcomes.flatMap(({ data }) =>
    data.registerModelVersion.userErrors.map(({ code }: { code: string }) => code),
  );
  expect(codes).toEqual(['CONFLICT', 'CONFLICT']);
  expect(await services.database.modelVersion.count({ where: { model: { name: modelName } } })).toBe(1);
});

test('a server that is too busy to test the version gives OVERLOADED', async () => {
  const inference = openInferencePool({ threads: 1, queueLimit: 0, log: services.log });
  try {
    const context = { ...services.contextOf(engineer), inference };
    const uploads = Object.entries(filesWith()).map(([filename, bytes]) => uploadOf(bytes, { filename }));
    await expect(registerExternalVersion(context, uploads, { modelName: newModel() })).rejects.toMatchObject({
      errors: [{ code: 'OVERLOADED' }],
    });
    expect(inference.loaded()).toEqual([]);
  } finally {
    await inference.close();
  }
});

test('links the training snapshot if it is on this server', async () => {
  const snapshotDigest = 'ab'.repeat(32);
  const known = { id: newId('snap'), name: 'known', version: 1, source: 'file:///known/' };
  await services.database.datasetSnapshot.create({
    data: { ...known, status: 'READY', digest: snapshotDigest },
  });
  const provenance = { ...artifact.manifest.provenance, snapshotDigest };
  const { data } = await register(filesWith({ manifest: { provenance } }), { modelName: newModel() });
  expect(data.registerModelVersion.modelVersion).toMatchObject({ datasetSnapshot: { id: known.id } });
});

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString();
const { evidence, network, preprocessing, outOfDistribution } = artifact.manifest;
const unsupported = Buffer.from(text(artifact.modelJson).replace('"Conv2D"', '"Lambda"'));
const notANumber = Buffer.from(artifact.weights);
notANumber.writeFloatLE(NaN, 0);
const { 'weights.bin': _weights, ...withoutWeights } = filesWith();
/** The same network with an additional field at the end that ONNX readers ignore. */
const sameOnnx = Buffer.concat([artifact.onnx, Buffer.from([0xf8, 0x07, 0x01])]);
const filesOf = ({ manifest, modelJson, weights }: Artifact) => ({
  'manifest.json': manifestBytes(manifest),
  'model.json': modelJson,
  'weights.bin': weights,
});
const otherOnnx = randomArtifact({ seed: 2 }).onnx;

test.each<[string, Record<string, Uint8Array> | [string, Uint8Array][], string[], RegExp]>([
  ['a file is missing', withoutWeights, ['files'], /weights\.bin is missing/],
  [
    'a file is called otherwise',
    { ...filesWith(), 'weights.h5': Buffer.from('x') },
    ['files'],
    /named 'weights\.h5'\. The file names must be manifest\.json, model\.json/,
  ],
  [
    'a file is there twice',
    [...Object.entries(filesWith()), ['model.json', Buffer.from('{}')]],
    ['files'],
    /two files named model\.json/,
  ],
  [
    'the manifest is not JSON',
    { ...filesWith(), 'manifest.json': Buffer.from('{') },
    ['files', 'manifest.json'],
    /not valid JSON/,
  ],
  [
    'the manifest is another JSON',
    { ...filesWith(), 'manifest.json': Buffer.from('[]') },
    ['files', 'manifest.json'],
    /not a model manifest/,
  ],
  [
    'the manifest breaks its schema',
    filesWith({ manifest: { abstentionBand: [0.6, 0.7] } }),
    ['files', 'manifest.json'],
    /abstentionBand|does not enclose/,
  ],
  [
    'a text cannot be kept',
    filesWith({ manifest: { classes: ['normal\u0000', 'blast'] } }),
    ['files', 'manifest.json'],
    /NUL/,
  ],
  [
    'a file was changed on the way',
    { ...filesWith(), 'weights.bin': artifact.weights.slice(4) },
    ['files', 'manifest.json'],
    /weights\.bin has \d+ bytes and the SHA-256 [0-9a-f]{64}, but the manifest states \d+/,
  ],
  [
    'a layer is not supported',
    filesWith({ bytes: { 'model.json': unsupported } }),
    ['files', 'model.json'],
    /is a Lambda, which cannot be exported to ONNX\. Supported layers: /,
  ],
  [
    'weights are missing',
    filesWith({ bytes: { 'weights.bin': artifact.weights.slice(4) } }),
    ['files', 'model.json'],
    /weights\.bin has \d+ bytes; model\.json describes \d+/,
  ],
  [
    "the evidence is not the last layer's",
    filesWith({
      manifest: { evidence: { ...evidence, weights: evidence.weights.map((value) => value * 1.0001) } },
    }),
    ['files', 'manifest.json'],
    /evidence\.weights and evidence\.bias are not those/,
  ],
  [
    'the network is said to be cheaper than it is',
    filesWith({ manifest: { network: { ...network, macs: 1 } } }),
    ['files', 'manifest.json'],
    new RegExp(`network\\.macs is 1; the network takes ${network.macs}`),
  ],
  [
    'images would have another size than the network takes',
    filesWith({ manifest: { preprocessing: { ...preprocessing, inputSize: 32 } } }),
    ['files', 'manifest.json'],
    /inputSize is 32; the network takes \[64,64,3\]/,
  ],
  [
    'model.onnx is another network',
    filesWith({
      bytes: { 'model.onnx': otherOnnx },
      listed: ['model.json', 'weights.bin', 'model.onnx'],
      send: ['model.json', 'weights.bin', 'model.onnx'],
    }),
    ['files', 'model.onnx'],
    /differs from the file that this server exports from model\.json and weights\.bin/,
  ],
  [
    'the manifest names another model.onnx',
    filesWith({ bytes: { 'model.onnx': otherOnnx }, listed: ['model.json', 'weights.bin', 'model.onnx'] }),
    ['files', 'model.onnx'],
    /Remove model\.onnx from the files and from the manifest/,
  ],
  [
    'it computes the same with another ONNX file, which could do anything with other images',
    filesWith({ bytes: { 'model.onnx': sameOnnx }, send: ['model.json', 'weights.bin', 'model.onnx'] }),
    ['files', 'model.onnx'],
    /differs from the file that this server exports from model\.json and weights\.bin/,
  ],
  [
    'one image would hold a thread for seconds',
    filesOf(randomArtifact({ inputSize: 1024, layers: [{ filters: 64 }, { filters: 64 }] })),
    ['files', 'model.json'],
    /needs \d{11} multiply-accumulates for one image/,
  ],
  [
    'one image would fill the memory',
    filesOf(randomArtifact({ inputSize: 1024, layers: [{ filters: 512 }] })),
    ['files', 'model.json'],
    /layers output \d{9} numbers for one image/,
  ],
  ['it does not load', filesWith({ bytes: { 'weights.bin': notANumber } }), ['files'], /./],
  [
    'it gives no valid answer',
    filesWith({ manifest: { outOfDistribution: { ...outOfDistribution, residualVariance: 5e-324 } } }),
    ['files', 'manifest.json'],
    /give no valid answer/,
  ],
])(
  'if %s, the error says what would be right, and nothing is stored',
  async (_what, files, field, message) => {
    const modelName = newModel();
    const before = services.inference.loaded();
    const { data, errors } = await register(files, { modelName });
    expect(errors).toEqual([]);
    expect(data.registerModelVersion.modelVersion).toBeNull();
    const [error] = data.registerModelVersion.userErrors;
    expect(error).toMatchObject({ code: 'INVALID', message: expect.stringMatching(message) });
    expect(error.field.slice(0, field.length)).toEqual(field);
    expect(await services.database.model.count({ where: { name: modelName } })).toBe(0);
    expect(await objectsBelow(`models/${modelName}/`)).toEqual([]);
    expect(services.inference.loaded()).toEqual(before);
  },
);

test('checks the rest of the input', async () => {
  const refused = async (input: Record<string, unknown>) =>
    (await register(filesWith(), input)).data.registerModelVersion.userErrors;
  expect(await refused({ modelName: '../up' })).toMatchObject([
    { code: 'INVALID', field: ['input', 'modelName'] },
  ]);
  const modelName = newModel();
  expect(await refused({ modelName, description: 'x'.repeat(1001) })).toMatchObject([
    { code: 'INVALID', field: ['input', 'description'] },
  ]);
  expect(await refused({ modelName, modelCard: '\u0000' })).toMatchObject([
    { code: 'INVALID', field: ['input', 'modelCard'] },
  ]);
});

test('refuses a file that is too large, and viewers who may not register models', async () => {
  const modelName = newModel();
  const context = services.contextOf(engineer);
  const uploads = () => Object.entries(filesWith()).map(([filename, bytes]) => uploadOf(bytes, { filename }));
  const small = { ...context, config: { ...context.config, maxArtifactBytes: 5000 } };
  const refusal = registerExternalVersion(small, uploads(), { modelName });
  await expect(refusal).rejects.toThrow(UserErrorException);
  await expect(refusal).rejects.toMatchObject({ errors: [{ code: 'TOO_LARGE', field: ['files'] }] });

  const clinician = await services.createViewer(Role.CLINICIAN);
  expect((await register(filesWith(), { modelName }, clinician)).errors).toMatchObject([
    { code: 'FORBIDDEN' },
  ]);
  expect(await services.database.model.count({ where: { name: modelName } })).toBe(0);
});
