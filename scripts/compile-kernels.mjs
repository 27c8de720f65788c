// Compiles the WebAssembly of the server and of the pixel code and writes it, in base64, beside its source. To be run after a change of a source:
//   node scripts/compile-kernels.mjs
// It fetches the two compilers from the package registry: a dependency of 8 MB for files that hardly ever change would be in everybody's way.
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const SERVER = fileURLToPath(new URL('../server', import.meta.url));
const LINE = 104;

/** `command` gets the path of a copy of the source with the compiler's file ending, and the path to write to. */
const KERNELS = [
  {
    source: 'pixels/sums/picture-sums-kernel.wat',
    ending: '.wat',
    name: 'PICTURE_SUMS_KERNEL',
    package: 'wabt@1.0.39',
    command: (from, to) => ['wat2wasm', from, `--output=${to}`],
  },
  {
    source: 'pixels/sums/line-changes-kernel.wat',
    ending: '.wat',
    name: 'LINE_CHANGES_KERNEL',
    package: 'wabt@1.0.39',
    command: (from, to) => ['wat2wasm', from, `--output=${to}`],
  },
  {
    source: 'inference/network-input-kernel.wat',
    ending: '.wat',
    name: 'NETWORK_INPUT_KERNEL',
    package: 'wabt@1.0.39',
    command: (from, to) => ['wat2wasm', from, `--output=${to}`],
  },
  {
    source: 'imaging/reduce-kernel.wat',
    ending: '.wat',
    name: 'REDUCE_KERNEL',
    package: 'wabt@1.0.39',
    command: (from, to) => ['wat2wasm', from, `--output=${to}`],
  },
  {
    source: 'imaging/jpeg-kernel.as',
    ending: '.ts',
    name: 'JPEG_KERNEL',
    package: 'assemblyscript@0.28.20',
    command: (from, to) => [
      ...['asc', from, '--outFile', to, '--runtime', 'stub', '--enable', 'simd', '--noAssert', '-O3'],
      ...['--use', 'abort='],
    ],
  },
];

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'cytograph-kernels-'));
try {
  for (const { source, ending, name, package: compiler, command } of KERNELS) {
    const from = path.join(folder, `kernel${ending}`);
    const to = path.join(folder, 'kernel.wasm');
    fs.copyFileSync(path.join(SERVER, source), from);
    execFileSync('npx', ['--yes', '--package', compiler, '--', ...command(from, to)], {
      cwd: folder,
      stdio: 'inherit',
    });
    const lines =
      fs
        .readFileSync(to)
        .toString('base64')
        .match(new RegExp(`.{1,${LINE}}`, 'g')) ?? [];
    const text = [
      `/** The compiled \`${path.basename(source)}\`, in base64, made by \`node scripts/compile-kernels.mjs\`. */`,
      `export const ${name} =`,
      ...lines.map((line, index) => `  '${line}'${index === lines.length - 1 ? ';' : ' +'}`),
    ];
    fs.writeFileSync(path.join(SERVER, source.replace(/\.\w+$/, '.ts')), `${text.join('\n')}\n`);
  }
} finally {
  fs.rmSync(folder, { recursive: true });
}
