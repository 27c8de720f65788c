import type { Viewer } from '../../api/context.js';
import type { AppContext } from '../../graphql/app-services.js';
import type { TestServices } from '../../graphql/testing.js';
import { hashPassword } from './passwords.js';
import { signIn } from './sign-in.js';

export const PASSWORD = 'correct horse battery';

/** A new user with every role, or these, who signs in with {@link PASSWORD}. */
export async function userWithPassword(
  services: TestServices,
  ...roles: Parameters<TestServices['createViewer']>
): Promise<Viewer> {
  const viewer = await services.createViewer(...roles);
  const passwordHash = await hashPassword(PASSWORD);
  await services.database.user.update({ where: { id: viewer.id }, data: { passwordHash } });
  return viewer;
}

/** Keeps cookies as a browser does, and asks from one address. */
export class TestBrowser {
  session: string | null = null;
  device: string | null = null;

  constructor(
    readonly services: TestServices,
    readonly ip = '192.0.2.7',
  ) {}

  async context(): Promise<AppContext> {
    const { services, session, ip } = this;
    const viewer = session && (await services.credentials.viewerOfSession(session, { ip }));
    return {
      ...services.contextOf(viewer || null),
      ip,
      sessionSecret: session,
      deviceSecret: this.device,
      userAgent: 'Firefox',
      setSessionCookie: (secret) => (this.session = secret),
      setDeviceCookie: (secret) => (this.device = secret),
    };
  }

  async signIn(email: string, password = PASSWORD, code?: string): Promise<Viewer | null> {
    return signIn(await this.context(), email, password, code ?? null);
  }

  async viewer(): Promise<Viewer | null> {
    return (await this.context()).viewer;
  }

  /** One operation by this browser's user; the answer's `errors` only where there are some. */
  async execute(document: string, variables?: Record<string, unknown>) {
    return this.services.executeIn(await this.context(), document, variables);
  }
}

/** 'done', or the code of the user error that an operation ended with. */
export const codeOf = (operation: Promise<unknown>) =>
  operation.then(
    () => 'done',
    (error: unknown) =>
      error instanceof Error && 'errors' in error ? (error.errors as any)[0].code : String(error),
  );
