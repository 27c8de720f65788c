import { setTimeout as sleep } from 'node:timers/promises';
import WebSocket from 'ws';
import { drawSmear } from '../imaging/testing.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient } from './testing.js';
import { freePort } from '../concurrency/testing-port.js';
import { documented, isNginxInstalled, startNginx, type TestNginx } from './testing-nginx.js';

const describeWithNginx = isNginxInstalled ? describe : describe.skip;

/** A minimal proxy configuration without forwarding headers: the server only sees 'Host: cytograph'. */
const BARE = `
  upstream cytograph { server 127.0.0.1:4000; }
  server {
    listen 80;
    location / {
      proxy_pass http://cytograph;
      proxy_http_version 1.1;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection upgrade;
    }
  }`;
/** The same below a path that nginx removes. */
const STRIPPING = BARE.replace('location /', 'location /cytograph/').replace(
  'http://cytograph;',
  'http://cytograph/;',
);

const CLASSIFY = `mutation ($image: Upload!) {
  classify(image: $image) {
    prediction { id image { url thumbnailUrl } evidenceMapUrl modelVersion { files { url } } }
    userErrors { message }
  }
}`;

describeWithNginx.each([
  {
    title: 'the documented configuration for a separate host name',
    configuration: () => documented('own-host'),
    basePath: '',
    settings: () => ({ TRUST_PROXY: '1' }),
  },
  {
    title: 'the documented configuration for a sub-path',
    configuration: () => documented('sub-path'),
    basePath: '/cytograph',
    settings: () => ({ TRUST_PROXY: '1', BASE_PATH: '/cytograph' }),
  },
  {
    title: 'a proxy that rewrites Host and says nothing, with PUBLIC_URL',
    configuration: async () => BARE,
    basePath: '',
    settings: (url: string) => ({ PUBLIC_URL: url }),
  },
  {
    title: 'a proxy that takes the sub-path off and says nothing, with PUBLIC_URL',
    configuration: async () => STRIPPING,
    basePath: '/cytograph',
    settings: (url: string) => ({ PUBLIC_URL: `${url}/cytograph` }),
  },
])('through $title', ({ configuration, basePath, settings }) => {
  let server: TestServer;
  let nginx: TestNginx;
  let url: string;
  let image: Buffer;

  beforeAll(async () => {
    const port = await freePort();
    server = await startServer({ env: settings(`http://127.0.0.1:${port}`) });
    nginx = await startNginx(await configuration(), [server.url], port);
    url = nginx.url + basePath;
    image = await drawSmear().png().toBuffer();
  });
  afterAll(async () => {
    await nginx.stop();
    await server.stop();
  });

  /** Sent as by a browser from a page of this server, unless `init` says otherwise. */
  async function signedIn(origin = nginx.url) {
    const client = createTestClient(url);
    await client.signIn(server.admin);
    client.headers.origin = origin;
    return client;
  }

  test('an upload is answered, and every file of the answer is at its address', async () => {
    const client = await signedIn();
    const { data } = await client.upload(CLASSIFY, image);
    expect(data.classify.userErrors).toEqual([]);
    const { prediction } = data.classify;
    const addresses = [
      prediction.image.url,
      prediction.image.thumbnailUrl,
      prediction.evidenceMapUrl,
      prediction.modelVersion.files[0].url,
    ];
    for (const address of addresses) {
      const { origin } = new URL(url);
      const response = await fetch(new URL(address, origin), { headers: client.headers });
      expect([address, response.status]).toEqual([address, 200]);
    }
  });

  test('/predict answers its own pages, and no others', async () => {
    const form = () => {
      const body = new FormData();
      body.append('image', new Blob([Uint8Array.from(image)]), 'cell.png');
      return { method: 'POST', body };
    };
    const own = await (await signedIn()).fetch('/predict', form());
    expect(own.status).toBe(200);
    expect(await own.json()).toMatchObject({ id: expect.stringMatching(/^pred_/) });
    const foreign = await (await signedIn('https://evil.example')).fetch('/predict', form());
    expect(foreign.status).toBe(403);
  });

  test('a subscription over WebSocket reports a prediction', async () => {
    const client = await signedIn();
    const events = client.subscribe('subscription { predictionCreated { id } }');
    // Predictions from just before the subscription may be reported, too.
    const reported: string[] = [];
    const ended = (async () => {
      for await (const { data } of events) reported.push(data.predictionCreated.id);
    })();
    const sent: string[] = [];
    do {
      sent.push((await client.upload(CLASSIFY, image)).data.classify.prediction.id);
      await Promise.race([ended, sleep(500)]);
    } while (!sent.some((id) => reported.includes(id)));
    await events.return?.();
  });

  test('a page of another site opens no WebSocket', async () => {
    const { headers } = await signedIn('https://evil.example');
    const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', { headers });
    const failure = new Promise<Error>((resolve, reject) => {
      socket.once('error', resolve);
      socket.once('open', () => reject(new Error('It was opened.')));
    });
    expect((await failure).message).toContain('403');
  });

  test('the app loads its code from below its path, on every page', async () => {
    for (const page of ['/', '/predictions/pred_1']) {
      const html = await (await fetch(url + page, { headers: { Accept: 'text/html' } })).text();
      const [, base = ''] = /<base href="([^"]*)"/.exec(html) ?? [];
      const [, script = ''] = /<script [^>]*src="([^"]*)"/.exec(html) ?? [];
      expect(base).toBe(`${basePath}/`);
      const code = await fetch(new URL(script, nginx.url + base));
      expect(code.headers.get('content-type')).toContain('javascript');
    }
  });

  test('the session cookie is for this path only', async () => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({
        query:
          'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { viewer { id } } }',
        variables: server.admin,
      }),
    });
    const [cookie = ''] = response.headers.getSetCookie();
    expect(cookie).toContain(`Path=${basePath || '/'};`);
    expect(cookie).not.toContain('Secure');
  });

  test('what is not there is JSON, and the health of the server is at both addresses', async () => {
    expect((await fetch(`${url}/files/none`)).status).toBe(404);
    expect(await (await fetch(`${url}/healthz`)).json()).toEqual({ alive: true });
    const direct = `http://127.0.0.1:${new URL(server.url).port}/healthz`;
    expect(await (await fetch(direct)).json()).toEqual({ alive: true });
  });
});

describe('behind HTTPS', () => {
  const cases: { title: string; env: Record<string, string>; forwarded: string; secure: boolean }[] = [
    { title: 'a trusted proxy says so', env: { TRUST_PROXY: '1' }, forwarded: 'https', secure: true },
    { title: 'PUBLIC_URL says so', env: { PUBLIC_URL: 'https://a.example' }, forwarded: '', secure: true },
    { title: 'nobody who is trusted says so', env: {}, forwarded: 'https', secure: false },
  ];
  test.each(cases)('the session cookie is Secure where it is: $title', async ({ env, forwarded, secure }) => {
    const server = await startServer({ env });
    try {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json', 'X-Forwarded-Proto': forwarded },
        body: JSON.stringify({
          query:
            'mutation ($email: String!, $password: String!) { signIn(email: $email, password: $password) { viewer { id } } }',
          variables: server.admin,
        }),
      });
      expect(response.headers.getSetCookie()[0]?.includes('Secure')).toBe(secure);
    } finally {
      await server.stop();
    }
  });
});
