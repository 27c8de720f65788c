import { systemName } from './system-files.js';

const nameOf = (key: string, byteSize = 10) => systemName({ key, byteSize });

test.each([
  ['blast/@eaDir/x.jpg', '@eaDir'],
  ['@EADIR/x.jpg', '@eaDir'],
  ['$RECYCLE.BIN/S-1-5/a.jpg', '$RECYCLE.BIN'],
  ['blast/._a.jpg', '._*'],
  ['blast/.DS_Store', '.DS_Store'],
  ['Thumbs.db', 'Thumbs.db'],
  ['a/thumbs.DB', 'Thumbs.db'],
  ['a/desktop.ini', 'desktop.ini'],
  ['.Spotlight-V100/a/b.jpg', '.Spotlight-V100'],
  ['.Trashes/501/a.jpg', '.Trashes'],
  ['__MACOSX/blast/a.jpg', '__MACOSX'],
  ['blast/.hidden.jpg', 'hidden files'],
  ['.git/objects/ab', 'hidden files'],
])('%s is a system file', (key, name) => {
  expect(nameOf(key)).toBe(name);
});

test('an empty object that represents a folder is a system file; an object with content is not', () => {
  expect(nameOf('blast/', 0)).toBe('folder markers');
  expect(nameOf('blast_$folder$', 0)).toBe('folder markers');
  expect(nameOf('blast/', 5)).toBeNull();
});

test('ordinary files are not system files', () => {
  for (const key of ['a.jpg', 'eaDir/a.jpg', 'a/b.c/d', 'my thumbs.db.jpg', 'recycle/x.png']) {
    expect(nameOf(key)).toBeNull();
  }
});
