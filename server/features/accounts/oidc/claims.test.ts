import 'reflect-metadata';
import { Role, Scope } from '../../../api/permissions.js';
import { GroupMapping } from '../../../identity-provider-settings.js';
import { identityOf, rolesOf, scopesOf } from './claims.js';

const mapping = GroupMapping.parse({
  roles: { wards: ['CLINICIAN'], heads: ['ADMIN', 'CLINICIAN'], '/lab/robots': ['ML_ENGINEER'] },
  scopes: { '/lab/robots': ['CLASSIFY'], heads: ['ADMINISTER', 'READ_HISTORY'] },
});

test('the settings know every role and scope', () => {
  const all = { roles: { all: Object.values(Role) }, scopes: { all: Object.values(Scope) } };
  expect(GroupMapping.parse(all)).toMatchObject(all);
});

test.each([
  [{ groups: ['wards'] }, ['CLINICIAN']],
  [{ groups: ['choir', 'heads', 'wards'] }, ['CLINICIAN', 'ADMIN']],
  [{ groups: 'wards' }, ['CLINICIAN']],
  [{ groups: 'wards heads' }, []],
  [{ groups: ['Wards', 'wards ', 'ward'] }, []],
  [{ groups: [['wards'], { wards: true }, 1, null] }, []],
  [{ groups: { 0: 'wards' } }, []],
  [{ groups: ['constructor', '__proto__', 'toString'] }, []],
  [{ roles: ['wards'] }, []],
  [{}, []],
])('of %j the roles are %j', (claims, roles) => {
  expect(rolesOf(mapping, claims)).toEqual(roles);
});

test('groups may be nested, or in a claim whose name has dots', () => {
  const nested = { ...mapping, claim: 'realm_access.roles' };
  expect(rolesOf(nested, { realm_access: { roles: ['wards'] } })).toEqual(['CLINICIAN']);
  expect(rolesOf(nested, { realm_access: 'roles' })).toEqual([]);
  const named = { ...mapping, claim: 'https://clinic.example/groups' };
  expect(rolesOf(named, { 'https://clinic.example/groups': ['wards'] })).toEqual(['CLINICIAN']);
  expect(rolesOf({ ...mapping, claim: 'constructor.name' }, {})).toEqual([]);
});

test.each([
  [['/lab/robots'], ['CLASSIFY']],
  [
    ['/lab/robots', 'heads'],
    ['READ_HISTORY', 'CLASSIFY', 'ADMINISTER'],
  ],
  [
    ['wards', '/lab/robots'],
    ['READ_HISTORY', 'CLASSIFY', 'REVIEW', 'INGEST', 'TRAIN', 'PROMOTE'],
  ],
  [['choir', '/lab/robots'], ['CLASSIFY']],
  [['choir', 'constructor'], []],
])('a program in %j has the scopes %j', (groups, scopes) => {
  expect(scopesOf(mapping, { groups })).toEqual(scopes);
});

test('names and addresses of the provider become plain text', () => {
  const identityWith = (claims: Record<string, unknown>) =>
    identityOf('https://issuer', 'subject-1', claims, mapping);
  expect(identityWith({ name: ' Ann\u0000\n Ames ', email: ' Ann@Clinic.Example ' })).toMatchObject({
    displayName: 'Ann Ames',
    email: 'ann@clinic.example',
  });
  expect(identityWith({ name: '', preferred_username: 'ann' }).displayName).toBe('ann');
  expect(identityWith({ name: 'x'.repeat(500) }).displayName).toHaveLength(100);
  expect(identityWith({ email: 'not an address' })).toMatchObject({ email: null, displayName: 'subject-1' });
  expect(identityWith({ email: ['a@b.example'] }).email).toBeNull();
});
