import { drawSmear } from '../imaging/testing.js';
import { startServer, type TestServer } from '../testing.js';
import { createTestClient } from './testing.js';

const servers: TestServer[] = [];
const start = async (env: Record<string, string> = {}) => {
  const server = await startServer({ env });
  servers.push(server);
  return server;
};
afterAll(() => Promise.all(servers.map((server) => server.stop())));

test('a program on this machine reads what was done, in the form of Prometheus', async () => {
  const { url, admin } = await start();
  const client = createTestClient(url);
  await client.signIn(admin);
  const image = await drawSmear().png().toBuffer();
  for (let times = 0; times < 2; times++) {
    const { data } = await client.upload(
      'mutation ($image: Upload!) { classify(image: $image) { prediction { id } userErrors { message } } }',
      image,
    );
    expect(data.classify.userErrors).toEqual([]);
  }
  await client.graphql('{ prediction(id: "\\u0000") { id } }');
  await fetch(`${url}/predict`, { method: 'POST' });

  const response = await fetch(`${url}/metrics`);
  expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
  const text = await response.text();
  const [, versionId] =
    /cytograph_served_version_info\{model="reference",alias="CHAMPION",version="1",version_id="(mver_\w+)"\} 1/.exec(
      text,
    ) ?? [];
  expect(versionId).toBeDefined();
  for (const line of [
    new RegExp(
      `^cytograph_classifications_total\\{version_id="${versionId}",outcome="\\w+",repeated="false"\\} 1$`,
      'm',
    ),
    /^cytograph_classifications_total\{.*repeated="true"\} 1$/m,
    /^cytograph_classification_seconds_count\{part="total"\} 2$/m,
    /^cytograph_classification_seconds_count\{part="inference"\} 1$/m,
    /^cytograph_classification_seconds_bucket\{le="30",part="decode"\} 1$/m,
    /^cytograph_requests_total\{route="graphql",operation="mutation classify",status="200",outcome="OK"\} 2$/m,
    /^cytograph_requests_total\{route="graphql",operation="query prediction",status="400",outcome="BAD_USER_INPUT"\} 1$/m,
    /^cytograph_requests_total\{route="predict",operation="",status="401",outcome="UNAUTHENTICATED"\} 1$/m,
    /^cytograph_request_seconds_count\{route="graphql"\} \d+$/m,
    /^cytograph_database_connections\{state="waiting"\} 0$/m,
    /^cytograph_database_seconds_count [1-9]\d*$/m,
    /^cytograph_object_store_seconds_count\{operation="putOnce",outcome="ok"\} [1-9]\d*$/m,
    /^cytograph_failed_runs\{kind="training"\} 0$/m,
    /^cytograph_disk_bytes\{kind="free"\} [1-9]\d*/m,
    /^cytograph_champion_behind_seconds\{model="reference"\} 0$/m,
    /^cytograph_images_waiting 0$/m,
    /^cytograph_idle_threads 1$/m,
    /^cytograph_overloads_total 0$/m,
    /^cytograph_version_load_failing\{model="reference",alias="CHAMPION"\} 0$/m,
    /^cytograph_event_loop_delay_p99_seconds \d/m,
    /^process_resident_memory_bytes \d{7,}$/m,
  ]) {
    expect(text).toMatch(line);
  }
});

test('all other requests get 404', async () => {
  const { url } = await start();
  for (const name of ['X-Forwarded-For', 'Forwarded']) {
    const response = await fetch(`${url}/metrics`, { headers: { [name]: 'for=203.0.113.7' } });
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({ code: 'NOT_FOUND' });
  }
});

test('with a token set, only requests that send it can read them', async () => {
  const METRICS_TOKEN = 'a-token-for-prometheus';
  const { url } = await start({ METRICS_TOKEN });
  const statusWith = async (headers: Record<string, string>) =>
    (await fetch(`${url}/metrics`, { headers })).status;
  expect(await statusWith({})).toBe(404);
  expect(await statusWith({ Authorization: 'Bearer another-token-altogether' })).toBe(404);
  expect(await statusWith({ Authorization: `Basic ${METRICS_TOKEN}` })).toBe(404);
  expect(
    await statusWith({ Authorization: `Bearer ${METRICS_TOKEN}`, 'X-Forwarded-For': '203.0.113.7' }),
  ).toBe(200);
});
