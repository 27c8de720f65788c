import type { HtmlTagDescriptor, Plugin } from 'vite';

/** The large files of the start, by the names that vite.config.ts gives them. */
export const START = ['start-libraries', 'start'];

/** Makes browsers load the files of the start while the first script is still on its way: that one only names them. */
export function preloadStart(): Plugin {
  return {
    name: 'preload-start',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (_html, { bundle = {} }): HtmlTagDescriptor[] =>
        Object.values(bundle)
          .filter((output) => output.type === 'chunk' && START.includes(output.name))
          .map(({ fileName }) => ({
            tag: 'link',
            attrs: { rel: 'modulepreload', crossorigin: true, href: `./${fileName}` },
            injectTo: 'head',
          })),
    },
  };
}
