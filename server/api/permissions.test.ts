import { authorise, may } from './authorise.js';
import type { Viewer } from './context.js';
import { type Permission, permissions, Role, Scope } from './permissions.js';

const everyPermission = Object.keys(permissions) as Permission[];

const viewerWith = (roles: Role[], scopes: Scope[] | null): Viewer => ({
  id: 'user_0',
  email: 'ann@clinic.example',
  displayName: 'Ann',
  roles,
  passwordIsOneTime: false,
  createdAt: new Date(),
  siteIds: [],
  seesAllSites: true,
  disabledAt: null,
  token: scopes && { id: 'tok_0', scopes },
  sessionId: null,
});

describe.each(everyPermission)('%s', (permission) => {
  const { roles, scopes }: { roles: readonly Role[]; scopes: readonly Scope[] } = permissions[permission];

  test('is for its roles alone', () => {
    for (const role of Object.values(Role)) {
      expect({ role, may: may(viewerWith([role], null), permission) }).toEqual({
        role,
        may: roles.includes(role),
      });
    }
  });

  test('takes a token with one of its scopes, and never more than the roles of the owner', () => {
    for (const scope of Object.values(Scope)) {
      const owner = viewerWith(Object.values(Role), [scope]);
      expect({ scope, may: may(owner, permission) }).toEqual({ scope, may: scopes.includes(scope) });
    }
    for (const role of Object.values(Role).filter((role) => !roles.includes(role))) {
      expect(may(viewerWith([role], Object.values(Scope)), permission)).toBe(false);
    }
    expect(may(viewerWith(Object.values(Role), []), permission)).toBe(false);
  });

  test('a one-time password is enough for nothing', () => {
    const viewer = { ...viewerWith(Object.values(Role), null), passwordIsOneTime: true };
    expect(() => authorise({ viewer }, permission)).toThrow(/Choose a password/);
  });
});

test('no scope gives what an account is entered with', () => {
  expect(permissions['give out passwords'].scopes).toEqual([]);
  expect(permissions['change your account'].scopes).toEqual([]);
});
