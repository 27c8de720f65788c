export { stopServices as default } from './jest-services.mjs';
