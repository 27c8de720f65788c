import { startPostgres, startS3 } from './services.mjs';

export default async function startServices() {
  await startPostgres();
  await startS3();
}
