import { ApolloLink } from '@apollo/client';
import { print } from 'graphql';
import { Observable } from 'rxjs';
import { sendForm, type SendFormOptions } from './send-form.js';

declare module '@apollo/client' {
  interface DefaultContext {
    /** Called with the fraction of an operation's files that has been sent, 0 to 1. */
    uploadProgress?: SendFormOptions['onProgress'];
    /** Aborts an operation with files. */
    uploadSignal?: AbortSignal;
  }
}

interface FoundFile {
  /** Its path in the operation, such as 'variables.image'. */
  path: string;
  file: File;
}

/** Whether an operation has a File among its variables and so needs the upload link. */
export function hasFiles(operation: ApolloLink.Operation): boolean {
  return takeFiles(operation.variables, 'variables').files.length > 0;
}

/**
 * A terminating link for operations with files: https://github.com/jaydenseric/graphql-multipart-request-spec.
 * It uses XMLHttpRequest, which unlike fetch reports the upload progress.
 */
export function createUploadLink(uri: string): ApolloLink {
  return new ApolloLink((operation) => {
    const { variables, files } = takeFiles(operation.variables, 'variables');
    const form = new FormData();
    const body = { operationName: operation.operationName, query: print(operation.query), variables };
    form.append('operations', JSON.stringify(body));
    form.append('map', JSON.stringify(Object.fromEntries(files.map(({ path }, i) => [String(i), [path]]))));
    files.forEach(({ file }, i) => form.append(String(i), file, file.name));

    const { uploadProgress, uploadSignal } = operation.getContext();
    return new Observable<ApolloLink.Result>((observer) => {
      sendForm(uri, form, { onProgress: uploadProgress, signal: uploadSignal }).then(
        (result) => {
          observer.next(result);
          observer.complete();
        },
        (error: unknown) => observer.error(error),
      );
    });
  });
}

/** Returns a copy of `value` in which each file is replaced by null, and the files with their paths. */
function takeFiles(value: unknown, path: string): { variables: unknown; files: FoundFile[] } {
  if (value instanceof File) return { variables: null, files: [{ path, file: value }] };
  if (typeof value !== 'object' || value === null) return { variables: value, files: [] };
  const parts = Object.entries(value).map(([key, part]) => ({ key, ...takeFiles(part, `${path}.${key}`) }));
  return {
    variables: Array.isArray(value)
      ? parts.map((part) => part.variables)
      : Object.fromEntries(parts.map((part) => [part.key, part.variables])),
    files: parts.flatMap((part) => part.files),
  };
}
