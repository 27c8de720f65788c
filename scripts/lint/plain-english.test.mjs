import { Linter } from 'eslint';
import { findAvoidedPhrases } from './avoided-phrases.mjs';
import config from './plain-english.config.mjs';

/** The reports for a file, each as "LINE:COLUMN PHRASE". */
function report(filename, text) {
  return new Linter().verify(text, config, { filename }).map(({ line, column, message }) => {
    const [, phrase] = /instead of “(.*)” say “.+”\.$/.exec(message) ?? [undefined, message];
    return `${line}:${column} ${phrase}`;
  });
}

test.each([
  ['a string', 'code.ts', "const label = 'Read anew';", ['1:21 anew']],
  ['a template string', 'code.mjs', 'const label = `${count} read anew`;', ['1:30 anew']],
  ['a test name', 'code.test.ts', "test('is read anew', () => undefined);", ['1:15 anew']],
  ['a decorator', 'types.ts', "@ObjectType({ description: 'Read anew.' })\nclass Type {}", ['1:34 anew']],
  ['a line comment', 'code.ts', 'read(); // whoever asks', ['1:12 whoever']],
  ['a docstring', 'code.ts', '/**\n * Reads for\n * whoever asks.\n */\nread();', ['3:4 whoever']],
  ['JSX text', 'page.tsx', 'const page = (\n  <p>\n    Promote anew\n  </p>\n);', ['3:13 anew']],
  ['a JSX attribute', 'page.tsx', 'const page = <Button title="Read anew" />;', ['1:34 anew']],
  ['Markdown', 'README.md', '# Title\n\nIt is read anew.', ['3:12 anew']],
  [
    'a GraphQL description',
    'schema.graphql',
    '"""\nRead anew.\n"""\ntype Type {\n  id: ID!\n}',
    ['2:6 anew'],
  ],
  ['a Prisma comment', 'schema.prisma', '/// Read anew.\nmodel Row {\n  id Int @id\n}', ['1:10 anew']],
  ['an SQL comment', 'query.sql', '-- Read anew.\nSELECT 1;', ['1:9 anew']],
  ['a YAML comment', 'ci.yml', '# Read anew.\non: push', ['1:8 anew']],
  ['settings', '.env.example', '# Read anew.\nPORT=4000', ['1:8 anew']],
])('reports an avoided phrase in %s', (_, filename, text, reports) => {
  expect(report(filename, text)).toEqual(reports);
});

test.each([
  ['line comments', 'code.ts', '// It is held\n// to the list.\ncheck();', ['1:10 held to']],
  ['a docstring', 'code.ts', '/**\n * Is held\n * to the list.\n */\ncheck();', ['2:7 held to']],
  [
    'JSX text',
    'page.tsx',
    'const page = (\n  <p>\n    is held\n    to the list\n  </p>\n);',
    ['3:8 held to'],
  ],
  ['Markdown', 'README.md', 'It is held\nto the list.', ['1:7 held to']],
  ['a Markdown quotation', 'README.md', '> It is held\n> to the list.', ['1:9 held to']],
])('reports a phrase that continues on the next line of %s', (_, filename, text, reports) => {
  expect(report(filename, text)).toEqual(reports);
});

test('reports every phrase of a file in order', () => {
  const text = "// Whoever asks\nconst told = 'is told';\n// anew";
  expect(report('code.ts', text)).toEqual(['1:4 Whoever', '2:18 told', '3:4 anew']);
});

test('does not report code, nor a phrase that only begins in a comment', () => {
  expect(report('code.ts', 'const told = anew.whoever; // held\nto(told);')).toEqual([]);
});

test('does not report words that contain a phrase', () => {
  const text = 'We recommend amendments to foretold standards; mend-free, henceforth.';
  expect(findAvoidedPhrases(text)).toEqual([]);
});

test('does not report a phrase in its usual meaning', () => {
  const text = 'The letters CNN stand for a network. The images are all the same size and stored for goods.';
  expect(findAvoidedPhrases(text)).toEqual([]);
  expect(findAvoidedPhrases('They are stored all the same.')).toHaveLength(1);
});
