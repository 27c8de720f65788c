// Chromium for the browser tests, from an npm package, so that no browser has to be installed.
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { runQuietly } from './progress.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const UNPACK = "import('@sparticuz/chromium').then((chromium) => chromium.default.executablePath())";

/** Starts Chromium with the package's libraries where the system lacks them, and with the fonts of both. */
const LAUNCHER = `#!/bin/sh
here=$(cd "$(dirname "$0")" && pwd)
if ldd "$here/chromium" | grep -q 'not found'; then
  export LD_LIBRARY_PATH="$here/al2023/lib"
fi
export FONTCONFIG_FILE="$here/fonts.conf"
exec "$here/chromium" "$@"
`;
const FONTS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <include ignore_missing="yes">/etc/fonts/fonts.conf</include>
  <dir prefix="relative">fonts</dir>
</fontconfig>
`;

/**
 * Unpacks Chromium below .cache/ unless it is there already, and resolves to the path for Playwright. By default the package
 * unpacks into the system's temporary folder, where an interrupted start leaves an incomplete program.
 */
export async function prepareChromium() {
  const { version } = JSON.parse(
    fs.readFileSync(path.join(ROOT, 'node_modules/@sparticuz/chromium/package.json'), 'utf8'),
  );
  const folder = path.join(ROOT, '.cache', `chromium-${version}`);
  await withLock(`${folder}.lock`, async () => {
    if (fs.existsSync(folder)) return;
    const draft = `${folder}-draft`;
    fs.rmSync(draft, { recursive: true, force: true });
    fs.mkdirSync(draft, { recursive: true });
    // It adds its libraries only on the platform that this name stands for.
    const env = { TMPDIR: draft, AWS_LAMBDA_JS_RUNTIME: 'nodejs20.x' };
    await runQuietly(process.execPath, ['--eval', UNPACK], { cwd: ROOT, env });
    fs.writeFileSync(path.join(draft, 'fonts.conf'), FONTS);
    fs.writeFileSync(path.join(draft, 'launch'), LAUNCHER, { mode: 0o755 });
    fs.renameSync(draft, folder);
  });
  return path.join(folder, 'launch');
}
