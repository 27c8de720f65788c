import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { InferenceFailedError } from './errors.js';
import type { OutputTensor } from './network.js';

/** A run of a network takes milliseconds, so a server that takes this long has lost the request. */
const INFER_TIMEOUT_MS = 10_000;
/** Loading may take longer, because a server may have to download the network first. */
const LOAD_TIMEOUT_MS = 60_000;

/** The header with the length of the JSON at the start of a body with binary tensors. */
const JSON_LENGTH = 'inference-header-content-length';

/** The server answered with an error, or it was not reached (`status` is null). */
export class InferenceServerError extends InferenceFailedError {
  readonly status: number | null;

  constructor(message: string, status: number | null, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

const TensorMetadata = z.object({
  name: z.string(),
  datatype: z.string(),
  shape: z.array(z.coerce.number()),
});
const ModelMetadata = z.object({ inputs: z.array(TensorMetadata), outputs: z.array(TensorMetadata) });
export type ModelMetadata = z.infer<typeof ModelMetadata>;

const InferResponse = z.object({
  outputs: z.array(
    z.object({
      name: z.string(),
      datatype: z.string(),
      shape: z.array(z.int().min(0)),
      parameters: z.object({ binary_data_size: z.int().min(0).optional() }).nullish(),
      data: z.array(z.unknown()).nullish(),
    }),
  ),
});

export interface InferInput {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/**
 * A model on a server of the Open Inference Protocol, version 2, over HTTP
 * (https://github.com/kserve/open-inference-protocol). All methods throw InferenceServerError.
 */
export class OpenInferenceModel {
  readonly #url: string;
  readonly #loadUrl: string;
  readonly #server: string;
  readonly #timeoutMs: number;

  /** @param timeoutMs the longest time for a response. Loading has a separate limit of one minute. */
  constructor(server: string, name: string, timeoutMs = INFER_TIMEOUT_MS) {
    this.#timeoutMs = timeoutMs;
    this.#server = server.replace(/\/+$/, '');
    this.#url = `${this.#server}/v2/models/${name}`;
    this.#loadUrl = `${this.#server}/v2/repository/models/${name}/load`;
  }

  /** Names, types and shapes of the inputs and outputs. A variable size is -1. */
  async metadata(): Promise<ModelMetadata> {
    const response = await this.#request(this.#url, { method: 'GET' }, this.#timeoutMs);
    return this.#parse(ModelMetadata, response.body.toString());
  }

  /** Makes the server load the model from its repository. This is the model repository extension, which some servers do not have. */
  async load(): Promise<void> {
    const headers = { 'content-type': 'application/json' };
    await this.#request(this.#loadUrl, { method: 'POST', headers, body: '{}' }, LOAD_TIMEOUT_MS);
  }

  /**
   * The float32 outputs with these names.
   *
   * @param binary whether to send tensors as bytes (the protocol's binary tensor data extension) instead of JSON, which takes
   *   megabytes for a batch of images
   */
  async infer(
    input: InferInput,
    outputNames: readonly string[],
    binary: boolean,
  ): Promise<Map<string, OutputTensor>> {
    const request = binary ? binaryRequest(input, outputNames) : jsonRequest(input, outputNames);
    const answer = await this.#request(`${this.#url}/infer`, { method: 'POST', ...request }, this.#timeoutMs);
    return this.#readOutputs(answer);
  }

  async #request(
    url: string,
    request: RequestInit,
    timeoutMs: number,
  ): Promise<{ headers: Headers; body: Buffer<ArrayBuffer> }> {
    let response: Response;
    let body: Buffer<ArrayBuffer>;
    try {
      response = await fetch(url, { ...request, signal: AbortSignal.timeout(timeoutMs) });
      body = Buffer.from(await response.arrayBuffer());
    } catch (error) {
      throw new InferenceServerError(`${this.#server} does not answer: ${reasonOf(error)}`, null, {
        cause: error,
      });
    }
    if (!response.ok) {
      const text = body.toString().slice(0, 300);
      throw new InferenceServerError(
        `${this.#server} answers with ${response.status}: ${text}`,
        response.status,
      );
    }
    return { headers: response.headers, body };
  }

  #readOutputs({
    headers,
    body,
  }: {
    headers: Headers;
    body: Buffer<ArrayBuffer>;
  }): Map<string, OutputTensor> {
    const jsonLength = Number(headers.get(JSON_LENGTH) ?? body.byteLength);
    const { outputs } = this.#parse(InferResponse, body.subarray(0, jsonLength).toString());
    const tensors = new Map<string, OutputTensor>();
    let offset = jsonLength;
    for (const { name, datatype, shape, parameters, data } of outputs) {
      const byteSize = parameters?.binary_data_size;
      const bytes = byteSize === undefined ? undefined : body.subarray(offset, (offset += byteSize));
      if (datatype !== 'FP32') continue;
      const values = bytes ? floats(bytes) : Float32Array.from((data ?? []).flat(Infinity), Number);
      if (values.length !== shape.reduce((product, size) => product * size, 1)) {
        throw this.#unexpected(`'${name}' has ${values.length} numbers and the shape [${shape.join()}]`);
      }
      tensors.set(name, { shape, values });
    }
    return tensors;
  }

  #parse<T>(schema: z.ZodType<T>, text: string): T {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch (error) {
      throw this.#unexpected('it is not JSON', error);
    }
    const result = schema.safeParse(value);
    if (result.success) return result.data;
    throw this.#unexpected(z.prettifyError(result.error));
  }

  #unexpected(fault: string, cause?: unknown): InferenceServerError {
    return new InferenceServerError(
      `The response of ${this.#server} does not follow the Open Inference Protocol: ${fault}`,
      200,
      { cause },
    );
  }
}

// The id is optional in the protocol, but KServe answers with JSON only if the request has one.
type RequestBody = Pick<RequestInit, 'body' | 'headers'>;

function jsonRequest({ name, shape, values }: InferInput, outputNames: readonly string[]): RequestBody {
  const inputs = [{ name, shape, datatype: 'FP32', data: Array.from(values) }];
  return {
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      id: randomUUID(),
      inputs,
      outputs: outputNames.map((output) => ({ name: output })),
    }),
  };
}

/** Numbers are little-endian in the protocol and on every processor that Node supports. */
function binaryRequest({ name, shape, values }: InferInput, outputNames: readonly string[]): RequestBody {
  const input = { name, shape, datatype: 'FP32', parameters: { binary_data_size: values.byteLength } };
  const json = JSON.stringify({
    id: randomUUID(),
    inputs: [input],
    outputs: outputNames.map((output) => ({ name: output, parameters: { binary_data: true } })),
    parameters: { binary_data_output: true },
  });
  const header = Buffer.from(json);
  return {
    headers: { 'content-type': 'application/octet-stream', [JSON_LENGTH]: String(header.byteLength) },
    body: Buffer.concat([header, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)]),
  };
}

/** Copies the numbers, because they may not be aligned in the body. An incomplete number at the end is left out. */
function floats(bytes: Buffer): Float32Array {
  const length = bytes.byteLength - (bytes.byteLength % Float32Array.BYTES_PER_ELEMENT);
  return new Float32Array(new Uint8Array(bytes.subarray(0, length)).buffer);
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? error.cause.message : error.message;
}
