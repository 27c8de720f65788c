export { startPostgres as default } from './services.mjs';
