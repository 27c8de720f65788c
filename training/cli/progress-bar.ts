const WIDTH = 30;
/** On a terminal, milliseconds between two drawings. */
const INTERVAL = 100;

/**
 * A bar that is drawn in place on a terminal, where a log's next line overwrites it; elsewhere a line at every tenth.
 * Call what it returns with the share that is done, 0 to 1, and what is to stand behind it.
 */
export function progressBar(
  stream: Pick<NodeJS.WriteStream, 'write' | 'isTTY'>,
  title: string,
): (share: number, remark: string) => void {
  let drawnAt = -Infinity;
  let tenths = 0;
  return (share, remark) => {
    if (!stream.isTTY) {
      if (Math.floor(10 * share) === tenths) return;
      tenths = Math.floor(10 * share);
      stream.write(`${title}: ${remark}\n`);
      return;
    }
    const now = performance.now();
    if (now - drawnAt < INTERVAL && share < 1) return;
    drawnAt = now;
    const filled = Math.round(WIDTH * share);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    stream.write(`${title} ${bar} ${remark}\x1b[K${share < 1 ? '\r' : '\n'}`);
  };
}
