import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
import { getOperationAST, OperationTypeNode, parse } from 'graphql';
import type { Client as Socket } from 'graphql-ws';
import { ApiError } from './errors.js';
import {
  type ChangeResultFragment,
  ClassifyDocument,
  ClassifyFieldDocument,
  type ClassifyFieldMutation,
  type ClassifyInput,
  type ClassifyMutation,
  PredictionChangedDocument,
  PredictionChangesDocument,
} from './generated/graphql.js';
import { withRetries } from './retry.js';
import { send } from './send.js';
import { openSocket, subscribe } from './subscribe.js';

/** An operation as text, with the types of its result and variables if it was generated. */
export type Document<Result, Variables> = { toString(): string } & DocumentTypeDecoration<Result, Variables>;

export interface ClientOptions {
  /** The address of the server, with its base path if it has one: 'https://cytograph.example.org'. */
  url: string;
  /** An API token, from the page My account. */
  token: string;
  /**
   * How long an operation is sent again while the server cannot be reached or asks to wait, in milliseconds. Defaults to 60,000. 0: each
   * operation is sent once. Subscriptions connect again without a limit.
   */
  retryMs?: number;
  /** The class for subscriptions. Defaults to the global `WebSocket`; Node before version 22 has none: pass that of the package 'ws'. */
  webSocket?: unknown;
}

export interface RequestOptions {
  /**
   * An id for this request (`Idempotency-Key`), with which classify, classifyField and classifyFolder can be sent again after a lost connection. Other
   * mutations are not sent again then, because they might run twice.
   */
  requestId?: string;
  signal?: AbortSignal;
}

export interface ClassifyOptions extends Omit<ClassifyInput, 'clientRequestId'>, RequestOptions {
  /** The name of the image file, to find it in the history. */
  fileName?: string;
}

export type Change = ChangeResultFragment;

export interface Client {
  /**
   * Runs a query or a mutation, and returns its data. A query is sent again if the connection is lost.
   * @throws ApiError with a code, or ConnectionError
   */
  request<Result, Variables extends Record<string, unknown>>(
    document: Document<Result, Variables>,
    variables: Variables,
    options?: RequestOptions,
  ): Promise<Result>;
  /**
   * Classifies one image. The request has an id, so that it is safely sent again if the connection is lost: only one prediction is made.
   * @returns the prediction, or the reasons why the image was refused in `userErrors`
   */
  classify(
    image: Blob | Uint8Array<ArrayBuffer>,
    options?: ClassifyOptions,
  ): Promise<ClassifyMutation['classify']>;
  /**
   * Classifies each cell of a picture. The request has an id, as that of `classify`.
   * @returns the field with its predictions, or the reasons why the image was refused in `userErrors`
   */
  classifyField(
    image: Blob | Uint8Array<ArrayBuffer>,
    options?: ClassifyOptions,
  ): Promise<ClassifyFieldMutation['classifyField']>;
  /**
   * The results of a subscription, until the server completes it. After a lost connection it subscribes again.
   * @param next the variables with which to subscribe then, from the last result. Defaults to the same variables.
   */
  subscribe<Result, Variables extends Record<string, unknown>>(
    document: Document<Result, Variables>,
    variables: Variables,
    options?: { next?: (result: Result) => Variables; signal?: AbortSignal },
  ): AsyncGenerator<Result, void>;
  /**
   * The changes of the history after a cursor: new predictions, reviews and erasures. Each comes exactly once, in order, also across lost
   * connections. Keep `change.cursor` to continue in another process.
   * @param options.after the cursor of the last change that you have; without one, changes from now on
   */
  followPredictions(options?: { after?: string; signal?: AbortSignal }): AsyncGenerator<Change, void>;
  /** Ends all subscriptions. */
  close(): void;
}

/** Makes a client of one server. */
export function createClient({ url, token, retryMs = 60_000, webSocket }: ClientOptions): Client {
  const endpoint = `${url.replace(/\/+$/, '')}/graphql`;
  let opened: Socket | null = null;
  const socket = () => (opened ??= openSocket(endpoint, token, webSocket));

  const client: Client = {
    request: async <Result, Variables extends Record<string, unknown>>(
      document: Document<Result, Variables>,
      variables: Variables,
      { requestId, signal }: RequestOptions = {},
    ) => {
      const query = document.toString();
      const isRepeatable = requestId !== undefined || isQuery(query);
      const data = await withRetries(() => send(endpoint, token, { query, variables, requestId, signal }), {
        ...{ retryMs, isRepeatable, signal },
      });
      return data as Result; // the document says so
    },

    classify: (image, options) =>
      sendImage(ClassifyDocument, (data: ClassifyMutation) => data.classify, image, options),

    classifyField: (image, options) =>
      sendImage(ClassifyFieldDocument, (data: ClassifyFieldMutation) => data.classifyField, image, options),

    subscribe: (document, variables, { next, signal } = {}) =>
      subscribe(socket(), document.toString(), variables, next, signal),

    followPredictions: async function* ({ after, signal } = {}) {
      const cursor = after ?? (await lastCursor(signal));
      const next = (result: { predictionChanged: Change }) => ({ after: result.predictionChanged.cursor });
      const results = client.subscribe(PredictionChangedDocument, { after: cursor }, { next, signal });
      for await (const { predictionChanged } of results) yield predictionChanged;
    },

    close: () => void opened?.dispose(),
  };

  /** Sends an image with a mutation, again while the server is overloaded or the connection is lost. */
  async function sendImage<Result, Payload extends { userErrors: { code: string; message: string }[] }>(
    document: Document<Result, { image: Blob; input?: ClassifyInput | null }>,
    payloadOf: (data: Result) => Payload,
    image: Blob | Uint8Array<ArrayBuffer>,
    { fileName, requestId = crypto.randomUUID(), signal, ...input }: ClassifyOptions = {},
  ): Promise<Payload> {
    const bytes = image instanceof Blob ? image : new Blob([image]);
    const file = fileName === undefined ? bytes : new File([bytes], fileName);
    const operation = { query: document.toString(), variables: { image: file, input } };
    const attempt = async () => {
      const payload = payloadOf((await send(endpoint, token, { ...operation, requestId, signal })) as Result); // the document says so
      const busy = payload.userErrors.find(({ code }) => code === 'OVERLOADED');
      if (busy) throw new ApiError([{ message: busy.message, extensions: busy }], payload);
      return payload;
    };
    return withRetries(attempt, { retryMs, isRepeatable: true, signal });
  }

  /** Where the history ends now. */
  async function lastCursor(signal?: AbortSignal): Promise<string | null> {
    const { predictionChanges } = await client.request(PredictionChangesDocument, { last: 1 }, { signal });
    return predictionChanges.pageInfo.endCursor;
  }

  return client;
}

/** Whether the document is a query alone. What cannot be parsed is sent once, and the server says what is wrong with it. */
function isQuery(document: string): boolean {
  try {
    return getOperationAST(parse(document))?.operation === OperationTypeNode.QUERY;
  } catch {
    return false;
  }
}
