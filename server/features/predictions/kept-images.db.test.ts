import { describeKeptImages } from './kept-images.contract.js';

describeKeptImages('a folder', async () => ({}));
