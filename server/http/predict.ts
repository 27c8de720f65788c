import busboy, { type Busboy } from 'busboy';
import { type Request, type Response, Router } from 'express';
import type { Readable } from 'node:stream';
import { z } from 'zod';
import { authorise } from '../api/authorise.js';
import { batched } from '../api/batched.js';
import { badUserInput, brokenRequest, forbidden, unsupportedMediaType } from '../api/errors.js';
import { tooLarge } from '../api/upload/read-upload.js';
import type { ImageRequest } from '../features/predictions/answer-request.js';
import { classifyImage } from '../features/predictions/classify-image.js';
import { boxOf } from '../features/predictions/box-of.js';
import { classifyField } from '../features/predictions/fields/classify-field.js';
import { loadPredictionsOfFields } from '../features/predictions/fields/load-fields.js';
import type { PredictionRow } from '../features/predictions/load-predictions.js';
import { PredictionOutcome } from '../database/generated/enums.js';
import { idPattern } from '../database/ids.js';
import type { AppServices } from '../graphql/app-services.js';
import { followForm, noBoundary } from './form.js';
import { BINARY, propertiesOf, type RouteDescription, schemaOf } from './openapi/route-description.js';
import { isSameOrigin } from './origin.js';
import {
  idParameter,
  queryParameters,
  readParameters,
  type SentParameter,
  unknownParameter,
} from './parameters.js';
import { httpContext } from './request-context.js';

/** What a request may say about its image, as parameters of the query or as fields of the form. */
const PredictParameters = z.strictObject({
  caseReference: z.string().optional().meta({
    description: 'The case that the image belongs to, such as the number of a sample.',
    maxLength: 200,
    pattern: '^[^\\u0000-\\u0008\\u000b\\u000c\\u000e-\\u001f\\u007f]*$', // no control characters
  }),
  modelName: z.string().optional().meta({
    description: 'The model whose champion classifies the image. Default: the default model of the server.',
  }),
  modelVersionId: idParameter('mver').optional().meta({
    description: 'The version that classifies the image, instead of a champion.',
  }),
  siteId: idParameter('site').optional().meta({
    description: 'The site that the prediction belongs to. Default: the first site of the user.',
  }),
  field: z.enum(['true', 'false'], "must be 'true' or 'false'").optional().meta({
    description:
      "'true': the image shows several cells, and the response is a list with the prediction of each. Default: the image shows one cell.",
  }),
});

/** What `prediction` says if the label is withheld. */
const WITHHELD = { INDETERMINATE: 'indeterminate', OUT_OF_DISTRIBUTION: 'unrecognised' } as const;

const probability = z.number().min(0).max(1);

/** The response. */
const Answer = z.object({
  id: z.string().meta({ description: 'The id of the prediction, for GraphQL and the files.' }),
  outcome: z.enum(PredictionOutcome).meta({
    description:
      'CLASSIFIED: the label is a result. INDETERMINATE: too uncertain. OUT_OF_DISTRIBUTION: unlike the training images. In both other cases the label is withheld.',
  }),
  prediction: z.string().meta({
    description: `The result: the label if the outcome is CLASSIFIED, '${WITHHELD.INDETERMINATE}' if it is INDETERMINATE, '${WITHHELD.OUT_OF_DISTRIBUTION}' if it is OUT_OF_DISTRIBUTION.`,
  }),
  label: z.string().meta({ description: 'The most probable class, for every outcome.' }),
  probability: probability.meta({
    description: 'The calibrated probability of the positive class of the version.',
  }),
  confidence: probability.meta({ description: 'The calibrated probability of `label`.' }),
  processingTime: z.number().min(0).meta({ description: 'In milliseconds.' }),
  warnings: z.array(z.string()).meta({ description: 'Reasons to doubt the prediction, as codes.' }),
  cellType: z.string().nullable().meta({
    description:
      'The cell type, if it is probable enough to be named. Null for other cells, and unless the outcome is CLASSIFIED.',
  }),
});

/** The prediction of one cell of a field. */
const AnswerOfCell = Answer.extend({
  region: z
    .object({ left: z.int(), top: z.int(), width: z.int(), height: z.int() })
    .meta({ description: 'The box of the cell, in pixels of the upright image.' }),
});

function answerOf(prediction: PredictionRow): z.infer<typeof Answer> {
  const { id, outcome, label, confidence, probabilities, cellType, totalMs, qualityWarnings } = prediction;
  return {
    id,
    outcome,
    prediction: outcome === 'CLASSIFIED' ? label : WITHHELD[outcome],
    label,
    probability: probabilities[1] ?? NaN, // the positive class is the second
    confidence,
    processingTime: totalMs,
    warnings: qualityWarnings,
    cellType,
  };
}

/** The fields of a form that can have the image. */
const FILE_FIELDS = ['image', 'file'];

export const predictDescription: RouteDescription = {
  operationId: 'classifyImage',
  summary: 'Classifies an image of one white blood cell, or each cell of a field.',
  description:
    'When the response comes, the image and the prediction are stored. Send the image as the body, or in a form with the parameters of the query as fields. Each parameter may be sent once, in the query or in the form. With field=true, the response is a list in reading order: empty if no cell was found. The field with its predictions is stored completely or not at all.',
  permissions: ['classify'],
  query: PredictParameters,
  headers: z.object({
    'Idempotency-Key': z.string().max(200).optional().meta({
      description:
        'An id of this request that you choose. A repeat with the same id and content within 24 hours gets the first prediction.',
    }),
  }),
  body: {
    'multipart/form-data': {
      type: 'object',
      properties: {
        image: {
          type: 'string',
          format: 'binary',
          description: "The image, as a file. The name 'file' works too.",
        },
        ...propertiesOf(PredictParameters),
      },
      required: ['image'],
      additionalProperties: false,
    },
    'image/*': BINARY,
    'application/octet-stream': BINARY,
  },
  responses: {
    200: {
      description: 'The prediction; with field=true the predictions of the cells.',
      content: { 'application/json': schemaOf(z.union([Answer, z.array(AnswerOfCell)])) },
      headers: {
        'Field-Id': {
          description:
            'With field=true: the id of the field, for GraphQL, which also has the cells that were left out.',
          schema: { type: 'string', pattern: idPattern('field') },
        },
      },
    },
  },
  problems: [404, 409, 413, 415, 422],
};

/** POST /predict: classification for clients of the older REST interface, as {@link predictDescription} says. */
export function predict(services: AppServices): Router {
  const route = Router();
  route.post('/', async (request, response) => {
    if (!isSameOrigin(request, services.config))
      throw forbidden('Pages of other sites may not send images here.');
    const context = await httpContext(services, request, response);
    authorise(context, 'classify'); // before any byte of the image is read
    const { image, fields } = await readRequest(request, response, services.config.maxUploadBytes);
    const sent = [...queryParameters(request.query), ...fields];
    const {
      caseReference = null,
      modelName = null,
      modelVersionId = null,
      siteId = null,
      field = 'false',
    } = readParameters(PredictParameters, sent);
    const sentImage: ImageRequest = {
      readImage: () => Promise.resolve(image),
      clientRequestId: context.idempotencyKey,
      ...{ caseReference, modelName, modelVersionId, siteId },
    };
    if (field === 'true') {
      const { id } = await classifyField(context, sentImage);
      const cells = (await batched(context, loadPredictionsOfFields).load(id)) ?? [];
      response.set('Field-Id', id);
      response.json(cells.map((cell) => ({ ...answerOf(cell), region: boxOf(cell.region) })));
    } else response.json(answerOf(await classifyImage(context, sentImage)));
  });
  return route;
}

interface SentImage {
  bytes: Buffer;
  fileName: string | null;
}

interface SentRequest {
  image: SentImage;
  fields: SentParameter[];
}

async function readRequest(request: Request, response: Response, maxBytes: number): Promise<SentRequest> {
  const mediaType = mediaTypeOf(request);
  if (mediaType === 'multipart/form-data') return readForm(request, response, maxBytes);
  if (mediaType !== null && mediaType !== 'application/octet-stream' && !mediaType.startsWith('image/')) {
    throw unsupportedMediaType(
      `The body cannot have the Content-Type ${mediaType}. Send the image as the body, with the Content-Type of the image, ` +
        "application/octet-stream or none, or as the field 'image' or 'file' of a multipart/form-data form. " +
        "With curl: -H 'Content-Type: image/jpeg' --data-binary @cell.jpg, or -F image=@cell.jpg.",
    );
  }
  return { image: { bytes: await readAll(request, maxBytes), fileName: null }, fields: [] };
}

/** The Content-Type without its parameters, in lower case; null without one. */
function mediaTypeOf({ headers }: Request): string | null {
  const [type = ''] = (headers['content-type'] ?? '').split(';');
  return type.trim().toLowerCase() || null;
}

/** The one image of the form and its other fields, once the form has been read to its end. */
async function readForm(request: Request, response: Response, maxBytes: number): Promise<SentRequest> {
  const parser = parserOf(request);
  const fields: SentParameter[] = [];
  const images: Promise<SentImage>[] = [];
  const formRead = followForm(request, response, parser);
  const refuse = (fault: string) => parser.destroy(brokenRequest(fault));
  parser.on('file', (name: string | undefined, file, { filename }) => {
    if (!FILE_FIELDS.includes(name ?? '')) return refuse(faultOfFile(name));
    if (images.length > 0) return refuse('The form has two files. Send one image in each request.');
    const image = readAll(file, maxBytes).then((bytes) => ({ bytes, fileName: filename || null }));
    image.catch(() => {}); // awaited below, when the form has ended
    images.push(image);
  });
  parser.on('field', (name: string | undefined, value, { valueTruncated }) => {
    const isFile = FILE_FIELDS.includes(name ?? '');
    if (isFile) return refuse(`The field '${name}' is text. Send the image as a file, with a file name.`);
    if (valueTruncated) return refuse(`The field '${name}' is longer than ${LONGEST_FIELD} bytes.`);
    fields.push([name ?? '', value]);
  });
  parser.on('fieldsLimit', () => refuse(`The form has more than ${MOST_FIELDS} fields besides the image.`));
  request.pipe(parser);
  await formRead;
  const [image] = await Promise.all(images);
  if (image) return { image, fields };
  throw badUserInput("Send the image as the field 'image' or 'file' of a form, or as the body.");
}

const MOST_FIELDS = 20;
/** In bytes: more than any valid value has. */
const LONGEST_FIELD = 4_000;

function faultOfFile(name = ''): string {
  if (Object.hasOwn(PredictParameters.shape, name)) return `The field '${name}' is a file. Send it as text.`;
  return unknownParameter(name, [...FILE_FIELDS, ...Object.keys(PredictParameters.shape)]);
}

function parserOf(request: Request): Busboy {
  try {
    return busboy({
      headers: request.headers,
      defParamCharset: 'utf8',
      limits: { fields: MOST_FIELDS, fieldSize: LONGEST_FIELD },
    });
  } catch {
    throw noBoundary();
  }
}

/** Reads the body to its end even if it is too large: a client that is cut off while sending does not read the response. */
async function readAll(stream: Readable, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size <= maxBytes) chunks.push(chunk);
  }
  if (size > maxBytes) throw tooLarge(maxBytes);
  return Buffer.concat(chunks);
}
