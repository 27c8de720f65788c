import { Alert, Box, Button } from '@mui/material';
import { type DragEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { colours } from './colours.js';
import { droppedFiles, usersFiles } from './dropped-files.js';
import { count } from './format.js';

interface FileDropProps {
  /** Name of the file field for screen readers. */
  label: string;
  /** Called with the files of a drop, including those in folders, or with the chosen files. Never with none. */
  onFiles: (files: File[]) => void;
  /** The text of the button that opens the file dialog. */
  choose: string;
  /** Default: 'outlined'. */
  buttonVariant?: 'contained' | 'outlined';
  /**
   * `isOver`: files are dragged over the area. `button` opens the file dialog, `folderButton` a dialog for all files of a folder and its
   * subfolders, and `cameraButton` the camera.
   */
  children: (parts: FileDropParts) => ReactNode;
}

interface FileDropParts {
  isOver: boolean;
  button: ReactNode;
  folderButton: ReactNode;
  cameraButton: ReactNode;
}

/** An area that takes files by drag and drop or from a file dialog, of every type. A drop beside it does not open the file. */
export function FileDrop({ label, onFiles, choose, buttonVariant = 'outlined', children }: FileDropProps) {
  const input = useRef<HTMLInputElement>(null);
  const [isOver, setIsOver] = useState(false);
  const [unreadable, setUnreadable] = useState<readonly string[]>([]);
  useEffect(keepPageOnDrops, []);

  const add = (files: File[], unread: readonly string[] = []) => {
    setUnreadable(unread);
    if (files.length > 0) onFiles(files);
  };
  const drop = (event: DragEvent) => {
    event.preventDefault();
    setIsOver(false);
    void droppedFiles(event.dataTransfer).then(({ files, unreadable }) => add(files, unreadable));
  };
  const open = (source: Source) => openFrom(input.current, source);
  const buttonFor = (source: Source, text: string, variant: typeof buttonVariant) => (
    <Button variant={variant} onClick={() => open(source)}>
      {text}
    </Button>
  );
  return (
    <Box
      onDragOver={(event) => {
        event.preventDefault();
        event.dataTransfer.dropEffect = 'copy';
        setIsOver(true);
      }}
      onDragLeave={(event) => {
        const to = event.relatedTarget;
        if (!(to instanceof Node) || !event.currentTarget.contains(to)) setIsOver(false);
      }}
      onDrop={drop}
      sx={{
        border: '2px dashed',
        borderColor: isOver ? 'primary.main' : colours.strongLine,
        bgcolor: isOver ? colours.selectedBackground : 'background.paper',
        borderRadius: 3,
      }}
    >
      <input
        ref={input}
        type="file"
        multiple
        aria-label={label}
        style={{ display: 'none' }}
        onChange={({ target }) => {
          add(usersFiles(Array.from(target.files ?? [])));
          target.value = ''; // so that the same file can be chosen again
        }}
      />
      {children({
        isOver,
        button: buttonFor('files', choose, buttonVariant),
        folderButton: buttonFor('folder', 'Choose a folder', 'outlined'),
        cameraButton: buttonFor('camera', 'Take a photo', 'outlined'),
      })}
      {unreadable.length > 0 && (
        <Alert severity="warning" onClose={() => setUnreadable([])} sx={{ m: 1, overflowWrap: 'anywhere' }}>
          {unreadableText(unreadable)}
        </Alert>
      )}
    </Box>
  );
}

type Source = 'files' | 'folder' | 'camera';

/** The attributes of the file field for each source of files. */
const attributesOf: Record<Source, Record<string, string>> = {
  files: {},
  folder: { webkitdirectory: '' },
  camera: { accept: 'image/*', capture: 'environment' },
};

function openFrom(input: HTMLInputElement | null, source: Source): void {
  if (!input) return;
  for (const name of ['webkitdirectory', 'accept', 'capture']) input.removeAttribute(name);
  for (const [name, value] of Object.entries(attributesOf[source])) input.setAttribute(name, value);
  input.click();
}

const MOST_NAMES = 5;

/** '2 files or folders could not be read completely: a.png, slide 3. Check …' */
function unreadableText(names: readonly string[]): string {
  const more = names.length > MOST_NAMES ? ', …' : '';
  return (
    `${count(names.length, 'file or folder', 'files or folders')} could not be read completely: ` +
    `${names.slice(0, MOST_NAMES).join(', ')}${more}. Check that you may open them and that their drive is connected, then drop them again.`
  );
}

function keepPageOnDrops(): () => void {
  const keep = (event: Event) => event.preventDefault();
  document.addEventListener('dragover', keep);
  document.addEventListener('drop', keep);
  return () => {
    document.removeEventListener('dragover', keep);
    document.removeEventListener('drop', keep);
  };
}
