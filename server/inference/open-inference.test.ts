import type { RequestListener } from 'node:http';
import { OpenInferenceModel } from './open-inference.js';
import { listen } from './testing.js';

const input = { name: 'image', shape: [1, 2], values: Float32Array.of(1, 2) };
const servers: (() => Promise<void>)[] = [];

async function modelOn(handler: RequestListener, timeoutMs?: number): Promise<OpenInferenceModel> {
  const { url, close } = await listen(handler);
  servers.push(close);
  return new OpenInferenceModel(url, 'name', timeoutMs);
}

const answering = (body: string | Buffer, headers = {}): RequestListener => {
  return (_request, response) => response.writeHead(200, headers).end(body);
};

afterEach(async () => {
  for (const close of servers.splice(0)) await close();
});

describe('OpenInferenceModel', () => {
  it('reads tensors in bytes, JSON and nested JSON, and leaves out other types', async () => {
    const json = JSON.stringify({
      model_name: 'name',
      outputs: [
        { name: 'bytes', datatype: 'FP32', shape: [1, 2], parameters: { binary_data_size: 8 } },
        { name: 'skipped', datatype: 'INT32', shape: [1], parameters: { binary_data_size: 4 } },
        { name: 'flat', datatype: 'FP32', shape: [2, 1], data: [0.5, 1.5] },
        {
          name: 'nested',
          datatype: 'FP32',
          shape: [2, 2],
          data: [
            [1, 2],
            [3, 4],
          ],
        },
        { name: 'last', datatype: 'FP32', shape: [1], parameters: { binary_data_size: 4 } },
      ],
    });
    const bytes = Buffer.alloc(16);
    bytes.writeFloatLE(-1.25, 0);
    bytes.writeFloatLE(2.5, 4);
    bytes.writeInt32LE(9, 8);
    bytes.writeFloatLE(7.75, 12);
    const headers = { 'inference-header-content-length': String(Buffer.byteLength(json)) };
    const model = await modelOn(answering(Buffer.concat([Buffer.from(json), bytes]), headers));

    const outputs = await model.infer(input, [], true);
    expect([...outputs.keys()]).toEqual(['bytes', 'flat', 'nested', 'last']);
    expect([...outputs.values()].map(({ values }) => [...values])).toEqual([
      [-1.25, 2.5],
      [0.5, 1.5],
      [1, 2, 3, 4],
      [7.75],
    ]);
    expect(outputs.get('nested')?.shape).toEqual([2, 2]);
  });

  const tensor = (entry: object) => JSON.stringify({ outputs: [{ name: 'a', datatype: 'FP32', ...entry }] });
  it.each<[string, string]>([
    ['text that is not JSON', '<html>502</html>'],
    ['the wrong JSON structure', '{"outputs": 3}'],
    ['too few numbers for the shape', tensor({ shape: [3], data: [1, 2] })],
    ['missing bytes', tensor({ shape: [2], parameters: { binary_data_size: 8 } })],
    ['an incomplete number', `${tensor({ shape: [1], parameters: { binary_data_size: 3 } })}abc`],
  ])('refuses %s', async (_what, body) => {
    const length = body.lastIndexOf('}') + 1;
    const headers = length ? { 'inference-header-content-length': String(length) } : {};
    const model = await modelOn(answering(body, headers));
    await expect(model.infer(input, ['a'], false)).rejects.toMatchObject({
      name: 'InferenceFailedError',
      message: expect.stringMatching(/does not follow the Open Inference Protocol/),
    });
  });

  it('reports the error of the server', async () => {
    const model = await modelOn((_request, response) => response.writeHead(500).end('out of memory'));
    await expect(model.metadata()).rejects.toMatchObject({
      status: 500,
      message: expect.stringMatching(/answers with 500: out of memory/),
    });
  });

  it('times out for a server that is unreachable or does not answer', async () => {
    await expect(new OpenInferenceModel('http://127.0.0.1:1', 'name').metadata()).rejects.toMatchObject({
      status: null,
      message: expect.stringMatching(/http:\/\/127.0.0.1:1 does not answer/),
    });
    const silent = await modelOn(() => undefined, 200);
    await expect(silent.metadata()).rejects.toMatchObject({
      status: null,
      message: expect.stringMatching(/does not answer.*timeout/),
    });
  });
});
