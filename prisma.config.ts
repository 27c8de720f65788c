import path from 'node:path';
import { defineConfig } from 'prisma/config';

// `generate`, `validate` and `format` run in WebAssembly alone, yet the command line first insists on a native engine
// that locked-down networks cannot download: hand it one that refuses. Migrations run in server/database/migrate.ts.
process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= path.resolve('scripts/no-native-engine.sh');

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
});
