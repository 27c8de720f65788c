import { Role } from '../../../api/permissions.js';
import { openTestServices, type TestServices } from '../../../graphql/testing.js';
import { accountOfIdentity } from './account-of-identity.js';
import type { ProvenIdentity } from './claims.js';
import { linkIdentity } from './link-identity.js';

let services: TestServices;
beforeAll(async () => {
  services = await openTestServices();
});
afterAll(() => services.close());

const nobody = { viewer: null, ip: null };
const email = 'head@clinic.example';

function identity(subject: string, issuer: string, ...roles: Role[]): ProvenIdentity {
  return { issuer, subject, email, displayName: subject, roles };
}

const signIn = (proven: ProvenIdentity) =>
  services.database.$transaction((tx) => accountOfIdentity(tx, nobody, proven));

async function link({ issuer, subject }: ProvenIdentity) {
  const { id } = await services.database.userIdentity.findUniqueOrThrow({
    where: { issuer_subject: { issuer, subject } },
  });
  return linkIdentity(services.contextOf(await services.createViewer(Role.ADMIN)), id);
}

test('an account belongs to one person of a provider: linking another one takes it from the first', async () => {
  // Some providers let people choose their address: the stranger took the head's before the head came.
  const stranger = identity('stranger', 'https://provider.example', Role.CLINICIAN);
  const head = identity('head', 'https://provider.example', Role.ADMIN);
  const elsewhere = identity('head', 'https://other.example', Role.ADMIN);
  expect(await signIn(stranger)).toMatchObject({ user: { email, roles: [Role.CLINICIAN] } });
  for (const other of [elsewhere, head]) {
    expect(await signIn(other)).toEqual({ refusal: 'EMAIL_TAKEN' });
    await link(other);
  }

  expect(await signIn(head)).toMatchObject({ user: { email, roles: [Role.ADMIN] } });
  expect(await signIn(stranger)).toEqual({ refusal: 'EMAIL_TAKEN' });
  expect(await signIn(elsewhere)).toMatchObject({ user: { email } }); // during a move from one provider to another
  const events = await services.database.auditEvent.findMany({
    where: { action: 'IDENTITY_LINKED' },
    orderBy: { id: 'asc' },
  });
  expect(events.map(({ detail }) => detail)).toEqual([
    'head of https://other.example',
    'head of https://provider.example, instead of stranger',
  ]);
});
