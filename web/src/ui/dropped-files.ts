/** Files that systems add to folders. */
const NOT_OF_USERS = ['.DS_Store', 'Thumbs.db'];

/**
 * The files of a drop, with those in dropped folders and their subfolders. Must be called during the event: the browser empties
 * `transfer` after it.
 */
export function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry()).filter(
    (entry) => entry !== null,
  );
  // Files that a page or a test makes have no entries.
  if (entries.length === 0) return Promise.resolve(Array.from(transfer.files));
  return filesOf(entries);
}

async function filesOf(entries: readonly FileSystemEntry[]): Promise<File[]> {
  const found = await Promise.all(
    entries.map(async (entry) => {
      if (isFile(entry)) return [await fileOf(entry)];
      return isFolder(entry) ? filesOf(await contentsOf(entry)) : [];
    }),
  );
  return found.flat().filter(({ name }) => !NOT_OF_USERS.includes(name));
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** A folder gives its contents in parts, the last of which is empty. */
async function contentsOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const contents: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (part.length === 0) return contents;
    contents.push(...part);
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
