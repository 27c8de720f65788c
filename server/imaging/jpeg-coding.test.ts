import sharp from 'sharp';
import { jpegCoding } from './jpeg-coding.js';

const noise = sharp({
  create: {
    width: 64,
    height: 64,
    channels: 3,
    background: 'white',
    noise: { type: 'gaussian', mean: 128, sigma: 30 },
  },
});

test.each([25, 50, 75, 80, 92, 95])('reads the quality %i off the tables', async (quality) => {
  expect(jpegCoding(await noise.clone().jpeg({ quality }).toBuffer())?.quality).toBe(quality);
});

test('reports the chroma subsampling and whether a file is progressive', async () => {
  const options = { quality: 80, chromaSubsampling: '4:2:0', progressive: true };
  expect(jpegCoding(await noise.clone().jpeg(options).toBuffer())).toMatchObject({
    subsampling: '2x2',
    progressive: true,
  });
  const plain = { quality: 80, chromaSubsampling: '4:4:4', progressive: false };
  expect(jpegCoding(await noise.clone().jpeg(plain).toBuffer())).toMatchObject({
    subsampling: '1x1',
    progressive: false,
  });
});

test('the tables depend on the quality setting only, not on the picture', async () => {
  const tables = async (quality: number, image = noise) =>
    jpegCoding(await image.clone().jpeg({ quality }).toBuffer())?.tables;
  const other = sharp({ create: { width: 9, height: 40, channels: 3, background: 'red' } });
  expect(await tables(80)).toMatch(/^[0-9a-f]{8}$/);
  expect(await tables(80, other)).toBe(await tables(80));
  expect(await tables(81)).not.toBe(await tables(80));
});

test('reads nothing out of what is no JPEG, or of one cut short', async () => {
  expect(jpegCoding(await noise.clone().png().toBuffer())).toBeNull();
  expect(jpegCoding(new Uint8Array())).toBeNull();
  const whole = await noise.clone().jpeg().toBuffer();
  for (let length = 0; length < 700; length += 7) {
    expect(() => jpegCoding(whole.subarray(0, length))).not.toThrow();
  }
});
