import { z } from 'zod';
import type { Response } from './http-connection.js';
import { MARK_LENGTH, markOf, splitForMark } from './images.js';

export type Api = 'graphql' | 'rest';

/** The server's answer for an image. */
export interface Classification {
  id: string;
  label: string;
  confidence: number;
  /** Only reported over GraphQL. */
  versionId: string | null;
  timing: { decodeMs: number; queueMs: number; inferenceMs: number; totalMs: number } | null;
}

/** Assembles requests from prepared pieces, which any number of connections can send at the same time, and reads the responses. */
export interface ClassifyRequests {
  /** The request for an image with the mark of this run and counter. */
  request: (image: number, counter: number) => Buffer[];
  /** @throws Error if the server did not return a classification */
  read: (response: Response) => Classification;
}

/** The mutation that both load generators send. */
export const QUERY = `mutation ($image: Upload!) {
  classify(image: $image) {
    prediction {
      id outcome label confidence modelVersion { id } timing { decodeMs queueMs inferenceMs totalMs }
    }
    userErrors { code message }
  }
}`;

const BOUNDARY = '----cytograph-benchmark-7c1f5d2e9a';

/** @param run distinguishes these images from those of other runs on the same server */
export function classifyRequests(
  api: Api,
  { url, token, images, run }: { url: string; token: string; images: readonly Buffer[]; run: number },
): ClassifyRequests {
  const prepared = images.map((image) => prepare(api, image, url, token));
  return {
    request: (image, counter) => {
      const pieces = prepared[image];
      if (!pieces) throw new RangeError(`There is no image ${image}.`);
      return [pieces.before, markOf(run, counter), pieces.after];
    },
    read: api === 'graphql' ? readGraphql : readRest,
  };
}

function prepare(api: Api, image: Buffer, url: string, token: string): { before: Buffer; after: Buffer } {
  const { head, tail } = splitForMark(image);
  const file = (field: string) =>
    `Content-Disposition: form-data; name="${field}"; filename="cell.jpg"\r\nContent-Type: image/jpeg\r\n\r\n`;
  const opening =
    api === 'graphql'
      ? parts(
          `Content-Disposition: form-data; name="operations"\r\n\r\n${JSON.stringify({ query: QUERY, variables: { image: null } })}`,
          'Content-Disposition: form-data; name="map"\r\n\r\n{"0":["variables.image"]}',
          file('0'),
        )
      : parts(file('image'));
  const closing = `\r\n--${BOUNDARY}--\r\n`;
  const length = Buffer.byteLength(opening) + head.length + MARK_LENGTH + tail.length + closing.length;
  const headers = [
    `POST ${api === 'graphql' ? '/graphql' : '/predict'} HTTP/1.1`,
    `Host: ${new URL(url).host}`,
    `Authorization: Bearer ${token}`,
    'Apollo-Require-Preflight: true',
    `Content-Type: multipart/form-data; boundary=${BOUNDARY}`,
    `Content-Length: ${length}`,
  ].join('\r\n');
  return {
    before: Buffer.concat([Buffer.from(`${headers}\r\n\r\n${opening}`), head]),
    after: Buffer.concat([tail, Buffer.from(closing)]),
  };
}

const parts = (...contents: string[]) =>
  contents.map((content) => `--${BOUNDARY}\r\n${content}`).join('\r\n');

const GraphqlAnswer = z.object({
  data: z.object({
    classify: z.object({
      prediction: z.object({
        id: z.string(),
        label: z.string(),
        confidence: z.number(),
        modelVersion: z.object({ id: z.string() }),
        timing: z.object({
          decodeMs: z.number(),
          queueMs: z.number(),
          inferenceMs: z.number(),
          totalMs: z.number(),
        }),
      }),
    }),
  }),
});

function readGraphql({ status, body }: Response): Classification {
  const answer = status === 200 ? GraphqlAnswer.safeParse(JSON.parse(body)).data : undefined;
  if (!answer) throw new Error(`${status} ${body.slice(0, 500)}`);
  const { modelVersion, ...prediction } = answer.data.classify.prediction;
  return { ...prediction, versionId: modelVersion.id };
}

const RestAnswer = z.object({ id: z.string(), prediction: z.string(), confidence: z.number() });

function readRest({ status, body }: Response): Classification {
  const answer = status === 200 ? RestAnswer.safeParse(JSON.parse(body)).data : undefined;
  if (!answer) throw new Error(`${status} ${body.slice(0, 500)}`);
  const { id, prediction: label, confidence } = answer;
  return { id, label, confidence, versionId: null, timing: null };
}
