import type { RequestHandler } from 'express';
import { ErrorCode } from '../api/error-codes.js';
import { sendProblem } from './problem.js';

/**
 * The handler after all routes: 405 with the methods of the path if it is the path of another route, otherwise 404.
 * @param routes as the router names them, such as 'GET /files/images/:sha256'
 */
export function unknownRoute(routes: readonly string[]): RequestHandler {
  const known = routes.map((route) => {
    const [method = '', path = ''] = route.split(' ');
    return { method, pattern: patternOf(path) };
  });
  return ({ method, originalUrl, baseUrl, path: below }, response) => {
    const path = baseUrl + below;
    const methods = known.filter(({ pattern }) => pattern.test(path)).map((route) => route.method);
    const allowed = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
    if (allowed.length === 0 || allowed.includes(method)) {
      const message = `Nothing is at ${method} ${originalUrl}.`;
      sendProblem(response, { status: 404, code: ErrorCode.NOT_FOUND, message });
      return;
    }
    response.set('Allow', allowed.join(', '));
    const message = `The method ${method} is not possible here. Use ${methods.join(' or ')}.`;
    sendProblem(response, { status: 405, code: ErrorCode.BAD_USER_INPUT, message });
  };
}

/** The paths of a route, as the router understands it: in upper or lower case, with a slash at the end or without. */
function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}/?$`, 'i');
}
