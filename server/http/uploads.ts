import type { IncomingMessage, ServerResponse } from 'node:http';
import { Writable } from 'node:stream';
import { processRequest } from 'graphql-upload-minimal';
import { z } from 'zod';
import { brokenRequest } from '../api/errors.js';
import { followForm, noBoundary } from './form.js';

/** At most so many: the files of a model version. */
const MOST_FILES = 4;

interface Limits {
  /** Of the operation with its variables, in bytes. */
  maxFieldSize: number;
  /** In bytes. */
  maxFileSize: number;
}

/** A multipart request (graphql-multipart-request-spec) of which the operation has been read, and no file yet. */
interface MultipartOperation {
  /** The body of the same request without files, with an `Upload` for each file that the map names. */
  operation: unknown;
  /** Resolves when the form has been read to its end; rejects with what is wrong with it. */
  formRead: Promise<void>;
}

/**
 * Reads a multipart request up to its files, by graphql-upload-minimal.
 *
 * A file can be read only when those before it have been. An operation that takes a list of files reads them side by side,
 * but a file that is never read would keep those behind it, and with them the request, waiting for as long as the client does.
 * So the files of a request are one variable, one file or one list of them, and each has one place in it.
 * @throws BAD_USER_INPUT for a form that is broken or incomplete, or whose map names other places; the library's HTTP errors
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
    await formRead; // where the form is at fault, this says how
    throw formRead === unread ? noBoundary() : faultOfOperation(error);
  }
}

/** The library keeps its parser to itself, but for the moment in which it pipes the request into it. */
function onPipe(request: IncomingMessage, take: (parser: Writable) => void): void {
  const pipe = request.pipe.bind(request);
  request.pipe = (destination, options) => {
    if (destination instanceof Writable) take(destination);
    return pipe(destination, options);
  };
}

/** The library follows any path of a map, into prototypes and to the billionth item of a list: it gets to see good ones only. */
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
const PLACE = /^variables\.(?<variable>[_a-z]\w*)(?:\.(?<index>\d))?$/i;

/** Why the files of the field `map` may not go where it says; null where they may, and for what the library refuses. */
function faultOfMap(text: string): string | null {
  const { data: map } = FileMap.safeParse(parsed(text));
  if (!map) return null;
  const places = Object.values(map).flat();
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

/** The library answers a form without any field with status 500 and advice for those who call it. */
function faultOfOperation(error: unknown): unknown {
  if (!(error instanceof Error && 'status' in error && error.status === 500)) return error;
  return brokenRequest(
    "The form has no field 'operations', with which a multipart request to GraphQL begins (graphql-multipart-request-spec).",
  );
}
