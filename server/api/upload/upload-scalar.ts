import { GraphQLError, GraphQLScalarType } from 'graphql';
import { Upload } from 'graphql-upload-minimal';

const howToSend =
  'Send the file with the operation, in a multipart request (graphql-multipart-request-spec).';

/**
 * A file of a multipart request. Unlike the parser's own scalar, it returns the upload and not the promise in it: TypeGraphQL
 * would wait for that promise before the operation could check who sent the request.
 */
export const UploadScalar = new GraphQLScalarType<Upload, never>({
  name: 'Upload',
  description: 'A file in a multipart request (graphql-multipart-request-spec).',
  specifiedByURL: 'https://github.com/jaydenseric/graphql-multipart-request-spec',
  parseValue: (value) => {
    if (value instanceof Upload) return value;
    throw new GraphQLError(howToSend);
  },
  parseLiteral: () => {
    throw new GraphQLError(howToSend);
  },
  serialize: () => {
    throw new GraphQLError('A file can only be sent to the server, not received from it.');
  },
});
