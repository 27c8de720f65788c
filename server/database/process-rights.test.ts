import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { tableRights } from './process-rights.js';

const rightOf = {
  create: 'INSERT',
  update: 'UPDATE',
  upsert: 'UPDATE',
  delete: 'DELETE',
  'INSERT INTO': 'INSERT',
  UPDATE: 'UPDATE',
  'DELETE FROM': 'DELETE',
} as const;
type Write = keyof typeof rightOf;

/** Every write to a table in the code of the server and the worker, as 'TABLE RIGHT' with the file. */
function writesInCode(): { file: string; table: string; right: string }[] {
  const tables = Object.keys(tableRights);
  const tableOfModel = new Map(
    tables.map((table) => [table.charAt(0).toLowerCase() + table.slice(1), table]),
  );
  const files = ['server', 'worker', 'training']
    .flatMap((folder) =>
      readdirSync(folder, { recursive: true }).map((name) => path.join(folder, String(name))),
    )
    .filter((file) => file.endsWith('.ts') && !/test|generated/.test(file));
  return files.flatMap((file) => {
    const code = readFileSync(file, 'utf8');
    const byPrisma = [
      ...code.matchAll(/\.(\w+)\s*\.(create|update|upsert|delete)(?:Many)?(?:AndReturn)?\(/g),
    ].map(([, model = '', write]) => ({ table: tableOfModel.get(model), write }));
    const bySql = [...code.matchAll(/(INSERT INTO|UPDATE|DELETE FROM) "(\w+)"/g)].map(
      ([, write, table = '']) => ({ table: tables.includes(table) ? table : undefined, write }),
    );
    return [...byPrisma, ...bySql].flatMap(
      ({ table, write }) => (table === undefined ? [] : [{ file, table, right: rightOf[write as Write] }]), // one of the alternatives above
    );
  });
}

test('the role of the server and the worker has the right for each write in their code', () => {
  const writes = writesInCode();
  expect(new Set(writes.map(({ table }) => table)).size).toBeGreaterThan(25);
  const rights: Record<string, string> = tableRights;
  expect(writes.filter(({ table, right }) => !rights[table]?.includes(right))).toEqual([]);
});
