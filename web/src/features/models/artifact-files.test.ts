import { addFiles } from './artifact-files.js';

const file = (name: string, of = 'first') => ({ name, of });

it('gathers files that are dropped one after the other, the newest of a name', () => {
  const { files } = addFiles([file('weights.bin'), file('model.json')], [file('model.json', 'second')]);
  expect(files).toEqual([file('model.json', 'second'), file('weights.bin')]);
});

it('leaves out what is no file of a version, and names it', () => {
  const { files, strange } = addFiles([], [file('readme.md'), file('manifest.json'), file('model.onnx')]);
  expect(files.map(({ name }) => name)).toEqual(['manifest.json', 'model.onnx']);
  expect(strange).toEqual(['readme.md']);
});
