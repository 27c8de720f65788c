import type { IncomingMessage, ServerResponse } from 'node:http';
import { finished, type Readable, type Writable } from 'node:stream';
import { GraphQLError } from 'graphql';
import { brokenRequest } from '../api/errors.js';

/**
 * Follows the parser (busboy) that the body of a multipart request is piped into. Every stream has a listener for errors, for
 * good: the parser can raise several, the last of them while it is destroyed, and one that nobody hears ends the process.
 * When the body turns out to be broken, or the response is over before the body is, the parser and the file that is being read
 * are ended at once, and what still comes of the body is read and dropped: left unread, it would block the connection.
 * @returns resolves when the form has been read to its closing boundary
 * @throws BAD_USER_INPUT with the reason, where it has no such end
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
    file.once('limit', () => file.resume()); // over-long: if nobody is reading it yet, nobody will
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
  whole.catch(ignore); // not everyone who answers such a request waits for its end
  response.once('close', () => {
    parser.destroy(brokenRequest('The connection was closed before the whole form had come.'));
  });
  return whole;
}

const ignore = () => {};

/** For a parser that could not even be made. */
export function noBoundary(): GraphQLError {
  return brokenRequest(
    'The Content-Type header of a form has to name its boundary, as in: multipart/form-data; boundary=…',
  );
}

/** What is wrong with the form, for the one who sent it, by what its parser says. */
function faultOf(error: Error, hasParts: boolean): Error {
  if (error instanceof GraphQLError || 'status' in error) return error; // is for the sender already
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
