import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

/** Keys whose values are never logged, up to two levels deep in the logged object. */
const SECRET_KEYS = [
  'password',
  'adminPassword',
  'currentPassword',
  'newPassword',
  'secretAccessKey',
  'sessionToken',
  'authorization',
  'cookie',
  '["set-cookie"]',
  'databaseUrl',
  'migrationDatabaseUrl',
  'encryptionKeys',
];

/**
 * The program's log: readable lines on a terminal, JSON (one object a line) elsewhere, without secrets.
 * @param level lowest level of messages to write: 'fatal' … 'trace', or 'silent'
 */
export function createLog(level: string, destination: NodeJS.WriteStream = process.stdout): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRET_KEYS.flatMap(atEveryDepth), censor: '***' },
  };
  if (!destination.isTTY) return pino(options, destination);
  const readable = pretty({ destination, translateTime: 'SYS:HH:MM:ss', ignore: 'pid,hostname', sync: true });
  return pino(options, readable);
}

function atEveryDepth(key: string): string[] {
  const below = key.startsWith('[') ? key : `.${key}`;
  return [key, `*${below}`, `*.*${below}`];
}
