import { buffer } from 'node:stream/consumers';
import { type Artifact, sha256 } from '../artifact/artifact.js';
import { randomArtifact } from '../artifact/testing.js';
import { drawSmear } from '../imaging/testing.js';
import { InferenceFailedError, ModelLoadError } from './errors.js';
import { type InferencePool, openInferencePool } from './pool.js';
import { remoteName } from './remote-network.js';
import { isKServeInstalled, listen, startKServe, type TestKServe } from './testing.js';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const artifact = randomArtifact({ seed: 1 });
const sameShape = randomArtifact({ seed: 2 });
const otherShape = randomArtifact({ seed: 1, inputSize: 32 });
const absent = randomArtifact({ seed: 3 });

const describeWithKServe = isKServeInstalled() ? describe : describe.skip;

describeWithKServe("a server of the Open Inference Protocol: KServe's", () => {
  let kserve: TestKServe;
  let smears: Buffer[];
  let expected: Awaited<ReturnType<InferencePool['infer']>>[];
  const opened: InferencePool[] = [];
  const closeAfter: (() => Promise<void>)[] = [];

  const open = (server: string | null) => {
    const pool = openInferencePool({ threads: 1, queueLimit: 100, server, log });
    opened.push(pool);
    return pool;
  };
  const load = (pool: InferencePool, { manifest, onnx }: Artifact, id = 'one') =>
    pool.load(id, manifest, onnx);
  const ask = (pool: InferencePool) => Promise.all(smears.map((bytes) => pool.infer('one', bytes)));

  beforeAll(async () => {
    kserve = await startKServe();
    for (const { onnx } of [artifact, sameShape, otherShape]) await kserve.add(onnx);
    smears = await Promise.all([1, 2, 3, 4, 5, 6].map((seed) => drawSmear({ seed }).jpeg().toBuffer()));
    const local = open(null);
    await load(local, artifact);
    expected = await ask(local);
    expect(new Set(expected.map(({ logit }) => logit)).size).toBe(smears.length);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map((pool) => pool.close()));
    for (const close of closeAfter.splice(0)) await close();
  });
  afterAll(() => kserve.close());

  /** A proxy that forwards the request as `change` returns it. If `change` returns a status, the proxy answers with that. */
  async function proxy(
    change: (path: string, headers: Record<string, string>) => { path: string } | { status: number },
  ): Promise<string> {
    const server = await listen((request, response) => {
      void (async () => {
        const headers = Object.fromEntries(
          Object.entries(request.headers).filter(([name]) => /^content-type$|^inference/.test(name)),
        ) as Record<string, string>;
        const body = await buffer(request);
        const changed = change(request.url ?? '', headers);
        if ('status' in changed) {
          response.writeHead(changed.status).end();
          return;
        }
        const method = request.method ?? 'GET';
        const answer = await fetch(kserve.url + changed.path, {
          method,
          headers,
          body: method === 'GET' ? undefined : body,
        });
        const length = answer.headers.get('inference-header-content-length');
        response.writeHead(answer.status, length ? { 'inference-header-content-length': length } : {});
        response.end(Buffer.from(await answer.arrayBuffer()));
      })();
    });
    closeAfter.push(server.close);
    return server.url;
  }

  function expectSame(results: typeof expected) {
    results.forEach(({ logit, embedding, evidence, image }, index) => {
      const own = expected[index];
      expect(logit).toBeCloseTo(own?.logit ?? NaN, 4);
      embedding.forEach((value, at) => expect(value).toBeCloseTo(own?.embedding[at] ?? NaN, 4));
      evidence.values.forEach((value, at) => expect(value).toBeCloseTo(own?.evidence.values[at] ?? NaN, 3));
      expect(image).toEqual(own?.image);
    });
  }

  it('gives the same answers as local threads, with binary tensors', async () => {
    const forms = new Set<string>();
    const pool = open(
      await proxy((path, headers) => {
        if (path.endsWith('/infer')) forms.add(headers['content-type'] ?? '');
        return { path };
      }),
    );
    await load(pool, artifact);
    expectSame(await ask(pool));
    expect([...forms]).toEqual(['application/octet-stream']);
  });

  it('gives the same answers as local threads, with JSON tensors if the server does not accept binary tensors', async () => {
    const url = await proxy((path, headers) =>
      headers['content-type'] === 'application/octet-stream' ? { status: 415 } : { path },
    );
    const pool = open(url);
    await load(pool, artifact);
    expectSame(await ask(pool));
  });

  it('fails while the server is down, and works again after its restart, although it has lost its networks', async () => {
    const pool = open(kserve.url);
    await load(pool, artifact);
    await kserve.kill();
    await expect(ask(pool)).rejects.toThrow(InferenceFailedError);
    await expect(load(pool, sameShape, 'two')).rejects.toThrow(/does not answer/);
    await kserve.start();
    expectSame(await ask(pool));
    await expect(load(pool, sameShape, 'two')).resolves.toBeUndefined(); // the second attempt loads
  });

  it('refuses a network until the server has it', async () => {
    const pool = open(kserve.url);
    await expect(load(pool, absent)).rejects.toThrow(ModelLoadError);
    await expect(load(pool, absent)).rejects.toThrow(
      new RegExp(`does not serve the network '${remoteName(absent.manifest)}'`),
    );
    await kserve.add(absent.onnx);
    await expect(load(pool, absent)).resolves.toBeUndefined();
  });

  it.each([
    ['of the same shape', sameShape, /runs a different network/],
    [
      'of a different shape',
      otherShape,
      /'image' is FP32 \[-1,32,32,3\], but the manifest requires FP32 \[-1,64,64,3\]/,
    ],
  ])('refuses a server that runs a different network %s under this name', async (_what, other, message) => {
    const [asked, given] = [remoteName(artifact.manifest), remoteName(other.manifest)];
    const pool = open(await proxy((path) => ({ path: path.replace(asked, given) })));
    await expect(load(pool, artifact)).rejects.toThrow(ModelLoadError);
    await expect(load(pool, artifact)).rejects.toThrow(message);
  });

  it("refuses a network that does not match the manifest's evidence weights, like local threads", async () => {
    const { evidence } = randomArtifact({ seed: 4 }).manifest;
    const pool = open(kserve.url);
    await expect(load(pool, { ...artifact, manifest: { ...artifact.manifest, evidence } })).rejects.toThrow(
      /evidence weights in the manifest do not match the network/,
    );
  });

  it('has a name derived from the hash of its file', () => {
    expect(remoteName(artifact.manifest)).toBe(`cytograph-${sha256(artifact.onnx).slice(0, 16)}`);
  });
});
