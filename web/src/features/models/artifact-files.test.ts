import { addFiles } from './artifact-files.js';

const file = (name: string, of = 'first') => ({ name, of });

it('collects files dropped one after the other, and keeps the newest of each name', () => {
  const { files } = addFiles([file('weights.bin'), file('model.json')], [file('model.json', 'second')]);
  expect(files).toEqual([file('model.json', 'second'), file('weights.bin')]);
});

it('skips files that do not belong to a version, and names them', () => {
  const { files, unknown } = addFiles([], [file('readme.md'), file('manifest.json'), file('model.onnx')]);
  expect(files.map(({ name }) => name)).toEqual(['manifest.json', 'model.onnx']);
  expect(unknown).toEqual(['readme.md']);
});
