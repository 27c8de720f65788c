// `npm run schema`: writes the API's schema to server/graphql/schema.graphql.
import { writeFile } from 'node:fs/promises';
import { schemaText } from './schema-text.js';
import { createSchema } from './schema.js';

const file = new URL('../../../server/graphql/schema.graphql', import.meta.url);
await writeFile(file, schemaText(await createSchema()));
