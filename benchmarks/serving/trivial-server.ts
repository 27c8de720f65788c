// A server that answers each classification without processing it, which shows the highest rate of the load generator.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const timing = { decodeMs: 1, queueMs: 1, inferenceMs: 1, totalMs: 3 };
const prediction = { id: 'none', label: 'blast', confidence: 0.5, modelVersion: { id: 'none' }, timing };
const body = JSON.stringify({ data: { classify: { prediction, userErrors: [] } } });

const server = createServer((request, response) => {
  request.resume().once('end', () => response.end(body));
});
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo;
  process.send?.({ url: `http://127.0.0.1:${port}` });
});
process.once('disconnect', () => process.exit(0));
