import { crc32 } from 'node:zlib';
import { drawSmear } from '../imaging/testing.js';
import { inspectPng } from './png-inspection.js';
import { UnreadableImageError } from './unreadable-image.js';

/** Where the chunks of a PNG begin (at their length), with their types. */
function chunksOf(png: Buffer): { type: string; at: number; end: number }[] {
  const chunks = [];
  for (let at = 8; at < png.length;) {
    const end = at + 12 + png.readUInt32BE(at);
    chunks.push({ type: png.toString('latin1', at + 4, at + 8), at, end });
    at = end;
  }
  return chunks;
}

function gammaChunk(gamma: number): Buffer {
  const chunk = Buffer.alloc(16);
  chunk.writeUInt32BE(4, 0);
  chunk.write('gAMA', 4, 'latin1');
  chunk.writeUInt32BE(gamma, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 12)), 12);
  return chunk;
}

/** With a chunk that decoders pass over when its checksum is wrong, and that says how its colours are meant. */
async function pngWithGamma(): Promise<Buffer> {
  const png = await drawSmear({ seed: 1 }).png().toBuffer();
  return Buffer.concat([png.subarray(0, 33), gammaChunk(55_556), png.subarray(33)]);
}

it('reads what whole chunks say', async () => {
  const { warnings, colours } = inspectPng(await pngWithGamma(), crc32);
  expect(warnings).toEqual([]);
  expect(colours).toMatchObject({ kind: 'measured', gamma: 1 / 0.55556 });
});

it('finds one changed bit in the type, the content or the checksum of every chunk', async () => {
  const png = await pngWithGamma();
  const chunks = chunksOf(png);
  expect(chunks.map(({ type }) => type)).toEqual(expect.arrayContaining(['IHDR', 'gAMA', 'IDAT', 'IEND']));
  for (const { at, end } of chunks)
    for (const place of [at + 4, (at + 8 + end - 4) >> 1, end - 1]) {
      const copy = Buffer.from(png);
      copy[place] = (copy[place] ?? 0) ^ 1;
      expect(() => inspectPng(copy, crc32)).toThrow(UnreadableImageError);
    }
});
