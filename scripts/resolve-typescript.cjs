// For the import rules of eslint: './x.js' names the source './x.ts' that it is compiled from.
const fs = require('node:fs');
const path = require('node:path');

exports.interfaceVersion = 2;

exports.resolve = (source, importer) => {
  if (!source.startsWith('.')) return { found: false };
  const file = path.resolve(path.dirname(importer), source);
  const stem = file.replace(/\.jsx?$/, '');
  const path_ = [`${stem}.ts`, `${stem}.tsx`, file, path.join(file, 'index.ts')].find(isFile);
  return path_ ? { found: true, path: path_ } : { found: false };
};

const isFile = (file) => fs.statSync(file, { throwIfNoEntry: false })?.isFile() ?? false;
