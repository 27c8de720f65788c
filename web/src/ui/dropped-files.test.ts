import { droppedFiles } from './dropped-files.js';

const failed = new DOMException('A requested file could not be read.', 'NotReadableError');

const file = (name: string, isReadable = true) => ({
  ...{ name, isFile: true, isDirectory: false },
  file: (done: (file: File) => void, fail: (error: unknown) => void) =>
    isReadable ? done(new File(['x'], name)) : fail(failed),
});

/** @param parts what the folder gives, part by part; null: this part cannot be read */
const folder = (name: string, parts: (unknown[] | null)[]) => ({
  ...{ name, isFile: false, isDirectory: true },
  createReader: () => {
    const rest = [...parts, []];
    return {
      readEntries: (done: (part: unknown[]) => void, fail: (error: unknown) => void) => {
        const part = rest.shift();
        if (part) done(part);
        else fail(failed);
      },
    };
  },
});

async function drop(...entries: unknown[]) {
  const items = entries.map((entry) => ({ webkitGetAsEntry: () => entry }));
  const { files, unreadable } = await droppedFiles({ items, files: [] } as unknown as DataTransfer);
  return { files: files.map(({ name }) => name), unreadable };
}

test('a file or folder that cannot be read is named, and all other files of the drop are kept', async () => {
  const slide = folder('slide', [
    [file('2.png'), file('gone.png', false), file('Thumbs.db')],
    [file('3.png')],
  ]);
  expect(await drop(file('1.png'), slide, folder('locked', [null]), file('4.png'))).toEqual({
    files: ['1.png', '2.png', '3.png', '4.png'],
    unreadable: ['gone.png', 'locked'],
  });
  expect(
    await drop(folder('outer', [[file('1.png'), folder('inner', [[file('2.png')], null])], null])),
  ).toEqual({
    files: ['1.png', '2.png'],
    unreadable: ['outer', 'inner'],
  });
});
