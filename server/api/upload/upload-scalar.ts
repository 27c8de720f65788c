import { GraphQLError, GraphQLScalarType } from 'graphql';
import { Upload } from 'graphql-upload-minimal';

const howToSend =
  'Send the file beside the operation, in a multipart request (graphql-multipart-request-spec).';

/**
 * A file that came with a multipart request. Unlike the parser's own scalar it hands on the upload itself and not the
 * promise in it, which TypeGraphQL would await before the operation could ask who is sending.
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
    throw new GraphQLError('A file is only ever sent to the server.');
  },
});
