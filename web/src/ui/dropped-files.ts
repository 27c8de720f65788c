/** Files that systems add to folders. */
const NOT_OF_USERS = ['.DS_Store', 'Thumbs.db'];

export interface Drop {
  files: File[];
  /** Names of the files and folders that the browser could not read, or not completely. */
  unreadable: string[];
}

/**
 * The files of a drop, with those in dropped folders and their subfolders. Must be called during the event: the browser empties
 * `transfer` after it.
 */
export function droppedFiles(transfer: DataTransfer): Promise<Drop> {
  const entries = Array.from(transfer.items, (item) => item.webkitGetAsEntry()).filter(
    (entry) => entry !== null,
  );
  // Files that a page or a test makes have no entries.
  if (entries.length === 0) return Promise.resolve({ files: Array.from(transfer.files), unreadable: [] });
  return filesOf(entries);
}

/** Without the files that systems add to folders. */
export function usersFiles(files: readonly File[]): File[] {
  return files.filter(({ name }) => !NOT_OF_USERS.includes(name));
}

async function filesOf(entries: readonly FileSystemEntry[]): Promise<Drop> {
  const drops = await Promise.all(entries.map(read));
  return {
    files: usersFiles(drops.flatMap(({ files }) => files)),
    unreadable: drops.flatMap(({ unreadable }) => unreadable),
  };
}

/** One file, or the files of a folder. What can be read is kept if another file or a part of the folder cannot be read. */
async function read(entry: FileSystemEntry): Promise<Drop> {
  if (isFile(entry)) {
    try {
      return { files: [await fileOf(entry)], unreadable: [] };
    } catch {
      return { files: [], unreadable: [entry.name] };
    }
  }
  if (!isFolder(entry)) return { files: [], unreadable: [] };
  const { contents, isComplete } = await contentsOf(entry);
  const { files, unreadable } = await filesOf(contents);
  return { files, unreadable: isComplete ? unreadable : [entry.name, ...unreadable] };
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => entry.file(resolve, reject));
}

/** A folder gives its contents in parts, the last of which is empty. Not complete if a part cannot be read. */
async function contentsOf(
  folder: FileSystemDirectoryEntry,
): Promise<{ contents: FileSystemEntry[]; isComplete: boolean }> {
  const reader = folder.createReader();
  const contents: FileSystemEntry[] = [];
  for (;;) {
    try {
      const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
        reader.readEntries(resolve, reject),
      );
      if (part.length === 0) return { contents, isComplete: true };
      contents.push(...part);
    } catch {
      return { contents, isComplete: false };
    }
  }
}

const isFile = (entry: FileSystemEntry): entry is FileSystemFileEntry => entry.isFile;
const isFolder = (entry: FileSystemEntry): entry is FileSystemDirectoryEntry => entry.isDirectory;
