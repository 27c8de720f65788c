import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { specifier } from './process/testing.js';

/** A server of one route, `handler`, that ends by `endOnFault`, which asks itself once and stops when it has its answer. */
async function faultOf(handler: string, stop = "() => asked.then(() => console.log('stopped'))") {
  const child = spawn(process.execPath, [
    '--input-type=module',
    '--eval',
    `import { createServer } from 'node:http';
     import { createLog } from ${specifier('./log.js', import.meta.url)};
     import { endOnFault } from ${specifier('./end-on-fault.js', import.meta.url)};
     import { inRequest } from ${specifier('./http/request-scope.js', import.meta.url)};
     let asked;
     endOnFault(createLog('info'), ${stop});
     const server = createServer((request, response) => inRequest(request, response, () => (${handler})(response)));
     server.listen(0, '127.0.0.1', () => {
       const url = 'http://127.0.0.1:' + server.address().port + '/path?secret=x';
       asked = fetch(url, { method: 'POST' }).then(async (answer) => answer.status + ' ' + (await answer.text()));
       asked.then((answer) => console.log('answer ' + answer), () => console.log('no answer'));
     });`,
  ]);
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'exit')]);
  const lines = output.trim().split('\n');
  const logged = lines
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { code: code as unknown, logged, lines };
}

test.each([
  ['thrown in a callback', "() => setTimeout(() => { throw new Error('boom'); })", 'uncaughtException'],
  [
    'a rejection',
    "async () => { await new Promise(setImmediate); throw new Error('boom'); }",
    'unhandledRejection',
  ],
  [
    'an error event',
    "async () => { const { Readable } = await import('node:stream'); new Readable().destroy(new Error('boom')); }",
    'uncaughtException',
  ],
])(
  '%s stops the process cleanly, is logged with its request, and the request is answered',
  async (_what, handler, origin) => {
    const { code, logged, lines } = await faultOf(handler);
    expect(code).toBe(70);
    expect(logged).toEqual([
      expect.objectContaining({
        level: 60,
        origin,
        requestId: expect.stringMatching(/^[-\da-f]{36}$/),
        method: 'POST',
        path: '/path',
        err: expect.objectContaining({ message: 'boom' }),
      }),
    ]);
    expect(lines).toContain('stopped');
    const answer = lines.find((line) => line.startsWith('answer '));
    expect(answer).toMatch(/^answer 500 .*INTERNAL_SERVER_ERROR/);
    expect(answer).toContain(String(logged[0]?.requestId));
    expect(answer).not.toContain('boom');
  },
);

test('a stop that does not end, or fails, keeps the process no longer', async () => {
  const handler = "() => setTimeout(() => { throw new Error('boom'); })";
  for (const stop of ['() => new Promise(() => {})', "async () => { throw new Error('no stop'); }"]) {
    const { code, logged } = await faultOf(handler, stop);
    expect(code).toBe(70);
    expect(logged.map(({ level }) => level)).toEqual([60, 50]);
  }
});
