// An ESLint plugin that reports avoided phrases: in the comments, strings and JSX texts of code, and anywhere in other text files.
import { findAvoidedPhrases } from './avoided-phrases.mjs';

const PROSE = new Set(['String', 'Template', 'JSXText', 'Line', 'Block', 'Shebang', 'Text']);

const rule = {
  meta: {
    type: 'suggestion',
    docs: { description: 'Avoid the phrases listed in avoided-phrases.mjs' },
    messages: { avoided: 'Plain English: instead of “{{phrase}}” say “{{instead}}”.' },
    schema: [],
  },
  create(context) {
    const { sourceCode } = context;
    const check = (tokens) => {
      for (const { start, end, phrase, instead } of findAvoidedPhrases(proseOf(sourceCode.text, tokens))) {
        const loc = { start: sourceCode.getLocFromIndex(start), end: sourceCode.getLocFromIndex(end) };
        context.report({ loc, messageId: 'avoided', data: { phrase, instead } });
      }
    };
    return {
      Program: ({ tokens, comments }) => check([...tokens, ...comments]),
      Text: (file) => check([file]),
    };
  },
};

/**
 * The text with everything that is not prose covered, at the same offsets: a phrase may run over the lines of a comment, or over
 * adjacent comments, but not from a comment into code.
 */
function proseOf(text, tokens) {
  const covered = text.replace(/\S/g, '\0').split('');
  for (const { type, range } of tokens) {
    if (!PROSE.has(type)) continue;
    const [start, end] = range;
    const prose = text
      .slice(start, end)
      .replace(/^\s*(?:\/\/+|\/\*+|\*|#+|>+|--)(?=\s)/gm, (marker) => ' '.repeat(marker.length));
    for (let i = 0; i < prose.length; i += 1) covered[start + i] = prose[i];
  }
  return covered.join('');
}

/** A language without syntax, for Markdown, GraphQL, Prisma and other text files: the whole file is one node of the type `Text`. */
const text = {
  fileType: 'text',
  lineStart: 1,
  columnStart: 0,
  nodeTypeKey: 'type',
  validateLanguageOptions() {},
  parse: ({ body }) => ({ ok: true, ast: { type: 'Text', range: [0, body.length] } }),
  createSourceCode: ({ body }, { ast }) => new TextFile(body, ast),
};

class TextFile {
  constructor(body, ast) {
    this.text = body;
    this.ast = ast;
    this.lines = body.split('\n');
  }

  traverse() {
    return [{ kind: 1, target: this.ast, phase: 1, args: [this.ast] }];
  }

  getRange({ range }) {
    return range;
  }

  getLoc({ range }) {
    return { start: this.getLocFromIndex(range[0]), end: this.getLocFromIndex(range[1]) };
  }

  getLocFromIndex(index) {
    const before = this.text.slice(0, index);
    return { line: before.split('\n').length, column: index - (before.lastIndexOf('\n') + 1) };
  }
}

export default { rules: { phrases: rule }, languages: { text } };
