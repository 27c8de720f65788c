import { Role } from '../../api/permissions.js';
import { openTestServices, type TestServices } from '../../graphql/testing.js';
import { recordAuditEvent } from '../audit/record-audit-event.js';
import { sealEvents } from './seal-events.js';

let services: TestServices;

beforeAll(async () => {
  services = await openTestServices();
});
afterAll(() => services.close());

const nobody = { viewer: null, ip: '192.0.2.1', requestId: 'request-1' };

test('the trail is read by filter, newest first, with its places in the chain', async () => {
  for (const detail of ['event 0', 'event 1', 'event 2'])
    await recordAuditEvent(services.database, nobody, { action: 'SIGNED_OUT', detail });
  await sealEvents(services.database);
  await recordAuditEvent(services.database, nobody, { action: 'SIGNED_IN', outcome: 'failure' });
  const query = `query ($first: Int, $after: String, $action: String, $filter: AuditEventFilter) {
    auditEvents(first: $first, after: $after, action: $action, filter: $filter) {
      totalCount pageInfo { hasNextPage endCursor } edges { node { id action outcome ip requestId detail chainPosition actor { id } } }
    }
  }`;
  const auditor = await services.createViewer(Role.AUDITOR);
  const read = async (variables: object) => {
    const { data, errors } = await services.execute(query, { ...variables }, auditor);
    expect(errors).toEqual([]);
    return data.auditEvents;
  };
  const first = await read({ first: 2, action: 'SIGNED_OUT' });
  expect(first).toMatchObject({ totalCount: 3, pageInfo: { hasNextPage: true } });
  expect(first.edges.map(({ node }: any) => [node.detail, node.chainPosition])).toEqual([
    ['event 2', '3'],
    ['event 1', '2'],
  ]);
  const rest = await read({ first: 2, action: 'SIGNED_OUT', after: first.pageInfo.endCursor });
  expect(rest.edges.map(({ node }: any) => node.detail)).toEqual(['event 0']);
  const failures = await read({ filter: { outcome: 'failure' } });
  expect(failures.edges).toEqual([
    {
      node: expect.objectContaining({
        action: 'SIGNED_IN',
        ip: '192.0.2.1',
        requestId: 'request-1',
        actor: null,
        chainPosition: null,
      }),
    },
  ]);
  expect(await read({ filter: { caseReference: 'never seen' } })).toMatchObject({ totalCount: 0 });

  const { errors } = await services.execute(query, {}, await services.createViewer(Role.CLINICIAN));
  expect(errors).toMatchObject([{ code: 'FORBIDDEN' }]);
  const wrong = await services.execute(query, { filter: { outcome: 'perhaps' } }, auditor);
  expect(wrong.errors).toMatchObject([{ code: 'BAD_USER_INPUT' }]);
});
