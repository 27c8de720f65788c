import { findChromium, startPostgres } from './services.mjs';

export default async function startServices() {
  await findChromium();
  await startPostgres();
}
