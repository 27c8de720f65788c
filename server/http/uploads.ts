import type { IncomingMessage, ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { processRequest } from 'graphql-upload-minimal';
import { z } from 'zod';
import { brokenRequest } from '../api/errors.js';
import { MOST_IMAGES } from '../features/predictions/classify-images.js';
import { followForm, noBoundary } from './form.js';

/** Maximum number of files. The operations that read them accept fewer. */
const MOST_FILES = MOST_IMAGES;

interface Limits {
  /** Maximum size of the operation with its variables, in bytes. */
  maxFieldSize: number;
  /** In bytes. */
  maxFileSize: number;
}

/** A multipart request (graphql-multipart-request-spec) whose operation has been read, but no file yet. */
interface MultipartOperation {
  /** The operation of the request, with an `Upload` for each file that the map names. */
  operation: unknown;
  /** Resolves when the form has been read to its end; rejects with the reason if it is malformed. */
  formRead: Promise<void>;
}

/**
 * Reads a multipart request up to its files, by graphql-upload-minimal.
 *
 * A file can be read only after the files before it. An operation with a list of files reads them in parallel, but a file
 * that is never read would block the files after it, and the request, until the client disconnects. So all files of a request
 * must belong to one variable (one file or one list), and each file must have exactly one place in it.
 * @throws BAD_USER_INPUT for a form that is malformed or incomplete, or whose map names other places; the library's HTTP
 *   errors
 */
export async function readMultipartOperation(
  request: IncomingMessage,
  response: ServerResponse,
  limits: Limits,
): Promise<MultipartOperation> {
  const unread = Promise.resolve();
  let formRead: Promise<void> = unread;
  onPipe(request, (parser) => {
    checkMapFirst(parser);
    refuseFurtherFiles(parser);
    formRead = followForm(request, response, parser);
  });
  try {
    const operation: unknown = await processRequest(request, response, { ...limits, maxFiles: MOST_FILES });
    return { operation, formRead };
  } catch (error) {
    await formRead; // rejects with the reason if the form is malformed
    throw formRead === unread ? noBoundary() : faultOfOperation(error);
  }
}

/** The library does not expose its parser, so it is taken when the library pipes the request into it. */
function onPipe(request: IncomingMessage, take: (parser: Writable) => void): void {
  const pipe = request.pipe.bind(request);
  request.pipe = (destination, options) => {
    if (destination instanceof Writable) take(destination);
    return pipe(destination, options);
  };
}

/**
 * The library follows any path of a map, even into prototypes or to the billionth item of a list, so only valid paths pass.
 */
function checkMapFirst(parser: Writable): void {
  const handlers = parser.listeners('field');
  parser.removeAllListeners('field');
  parser.on('field', (name: string, value: string, ...rest: unknown[]) => {
    const fault = name === 'map' ? faultOfMap(value) : null;
    if (fault !== null) parser.destroy(brokenRequest(fault));
    else for (const handle of handlers) handle.call(parser, name, value, ...rest);
  });
}

function refuseFurtherFiles(parser: Writable): void {
  const names = new Set<string>();
  parser.on('file', (name: string) => {
    if (names.has(name)) parser.destroy(brokenRequest(`The form has two files called '${name}'.`));
    names.add(name);
  });
  parser.prependListener('filesLimit', () => {
    parser.destroy(brokenRequest(`A request has at most ${MOST_FILES} files.`));
  });
}

const FileMap = z.record(z.string(), z.array(z.string()));
/** `variables.image`, or `variables.files.0` */
const PLACE = /^variables\.(?<variable>[_a-z]\w*)(?:\.(?<index>\d{1,2}))?$/i;

/** Why the paths in the field `map` are not allowed; null if they are allowed, or if the library refuses them itself. */
function faultOfMap(text: string): string | null {
  const { data: map } = FileMap.safeParse(parsed(text));
  if (!map) return null;
  const places = Object.values(map).flat();
  if (places.length > MOST_FILES) return `A request has at most ${MOST_FILES} files.`;
  if (places.length < Object.keys(map).length) return 'Each file of the map needs a place in the variables.';
  if (new Set(places).size < places.length || places.length > Object.keys(map).length) {
    return 'Each file of the map has one place in the variables, and each place one file. Send a file once for each field.';
  }
  const found = places.map((place) => PLACE.exec(place)?.groups ?? {});
  const isList = found.some(({ index }) => index !== undefined);
  const isOneVariable =
    new Set(found.map(({ variable }) => variable)).size <= 1 &&
    found.every(({ variable = '__proto__', index }) => !(variable in {}) && (index !== undefined) === isList);
  if (!isOneVariable || (!isList && places.length > 1)) {
    return "The files of a request are one variable: one file ('variables.image'), or one list of files ('variables.files.0', 'variables.files.1' …).";
  }
  return null;
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}

/** Replaces the library's error for a form without fields, which has status 500 and advice for developers. */
function faultOfOperation(error: unknown): unknown {
  if (!(error instanceof Error && 'status' in error && error.status === 500)) return error;
  return brokenRequest(
    "The form has no field 'operations', with which a multipart request to GraphQL begins (graphql-multipart-request-spec).",
  );
}
