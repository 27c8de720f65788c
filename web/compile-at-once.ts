import type { Plugin } from 'vite';
import { START } from './preload-start.js';

/**
 * Makes Chromium compile all functions of the files of the start while they arrive, on another thread, because most of them are called at the
 * start: otherwise each is compiled on the main thread at its first call. Other browsers ignore the comment.
 * https://github.com/v8/v8/wiki (explicit compile hints); it must be the first line, so it is added after the code is minified.
 */
export function compileAtOnce(): Plugin {
  return {
    name: 'compile-at-once',
    apply: 'build',
    generateBundle: {
      order: 'post',
      handler(_options, bundle) {
        for (const output of Object.values(bundle)) {
          if (output.type === 'chunk' && START.includes(output.name))
            output.code = `//# allFunctionsCalledOnLoad\n${output.code}`;
        }
      },
    },
  };
}
