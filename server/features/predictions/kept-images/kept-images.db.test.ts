import { describeKeptImages } from './testing.js';

describeKeptImages('a folder', async () => ({}));
