import { runInProcess, specifier } from './process/testing.js';

/** What a program logs. It runs in a separate process, because the log is written to standard output. */
async function logged(level: string, statements: string): Promise<unknown> {
  return runInProcess(`
    import { Writable } from 'node:stream';
    import { createLog } from ${specifier('./log.js', import.meta.url)};
    const lines = [];
    const log = createLog(${JSON.stringify(level)}, new Writable({ write: (chunk, _, done) => (lines.push(String(chunk)), done()) }));
    ${statements}
    report(lines.map((line) => JSON.parse(line)));`);
}

it('writes one object a line, from its level up, with errors in full', async () => {
  expect(
    await logged(
      'info',
      `log.debug('no'); log.info({ id: 'run_1' }, 'yes'); log.error({ err: new Error('oh') }, 'ah');`,
    ),
  ).toEqual([
    { level: 30, time: expect.any(String), id: 'run_1', msg: 'yes' },
    {
      level: 50,
      time: expect.any(String),
      err: expect.objectContaining({ message: 'oh', stack: expect.any(String) }),
      msg: 'ah',
    },
  ]);
});

it('writes no secret', async () => {
  const statements = `
    const secret = 'hunter2';
    log.info({ password: secret, req: { headers: { authorization: secret, cookie: secret } } }, 'request');
    log.info({ res: { headers: { 'set-cookie': secret } }, config: { adminPassword: secret, databaseUrl: secret } }, 'more');
    log.info({ config: { s3: { secretAccessKey: secret, sessionToken: secret } } }, 'and more');`;
  expect(JSON.stringify(await logged('info', statements))).not.toContain('hunter2');
});
