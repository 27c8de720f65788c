import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished, type Readable, type Writable } from 'node:stream';
import { GraphQLError } from 'graphql';
import { brokenRequest } from '../api/errors.js';

/**
 * Follows the parser (busboy) that the body of a multipart request is piped into. Every stream keeps a listener for errors
 * permanently: the parser can emit several, the last of them while it is destroyed, and an error without a listener stops the
 * process. If the body is malformed, or the response ends before the body, the parser and the current file are ended
 * immediately, and the rest of the body is read and dropped, because unread data would block the connection.
 * @returns resolves when the form has been read to its closing boundary
 * @throws BAD_USER_INPUT with the reason if the form has no closing boundary
 */
export function followForm(
  request: IncomingMessage,
  response: ServerResponse,
  parser: Writable,
): Promise<void> {
  let hasParts = false;
  parser.on('error', ignore);
  parser.on('field', () => (hasParts = true));
  parser.on('file', (_field: string, file: Readable) => {
    hasParts = true;
    file.on('error', ignore);
    file.once('limit', () => file.resume()); // too long: if nothing is reading the file yet, nothing will
  });

  const whole = new Promise<void>((resolve, reject) => {
    finished(parser, (error) => {
      if (!error) return resolve();
      parser.destroy(error);
      request.unpipe(parser);
      request.resume();
      reject(faultOf(error, hasParts));
    });
  });
  whole.catch(ignore); // not every handler of such a request waits for its end
  response.once('close', () => {
    if (parser.destroyed) return; // the form has been read
    parser.destroy(brokenRequest('The connection was closed before the whole form had come.'));
  });
  return whole;
}

const ignore = () => {};

/** For a parser that could not be created. */
export function noBoundary(): GraphQLError {
  return brokenRequest(
    'The Content-Type header of a form has to name its boundary, as in: multipart/form-data; boundary=…',
  );
}

/** Converts an error of the parser into an error that explains to the sender what is wrong with the form. */
function faultOf(error: Error, hasParts: boolean): Error {
  if (error instanceof GraphQLError || 'status' in error) return error; // is meant for the sender already
  const { message } = error;
  if (message === 'Malformed part header') {
    return brokenRequest(
      'A part of the form has a malformed header. A header is a name, a colon and a value without control characters; those of a part have at most 16 KB.',
    );
  }
  if (!hasParts) {
    return brokenRequest(
      'No part of a form was found in the body. Each begins with the line --BOUNDARY, with the boundary that the Content-Type header names, and lines end with CR LF.',
    );
  }
  return brokenRequest('The form is incomplete: the body ends before the closing boundary. Send it again.');
}
