import sharp from 'sharp';
import { drawSmear } from './testing.js';
import { thumbnail } from './thumbnail.js';
import { UnreadableImageError } from '../image-files/unreadable-image.js';

const sizeOf = async (bytes: Uint8Array) => {
  const { width, height, format } = await sharp(bytes).metadata();
  return { width, height, format };
};

describe('thumbnail', () => {
  it('fits the square, keeps the proportions, and is upright', async () => {
    const lying = await drawSmear({ width: 200, height: 100 })
      .withMetadata({ orientation: 6 })
      .png()
      .toBuffer();
    expect(await sizeOf(await thumbnail(lying, 64))).toEqual({ width: 32, height: 64, format: 'jpeg' });
  });

  it('is never larger than the image', async () => {
    const small = await drawSmear({ width: 40, height: 30 }).webp().toBuffer();
    expect(await sizeOf(await thumbnail(small, 64))).toEqual({ width: 40, height: 30, format: 'jpeg' });
  });

  it('refuses what no model may see', async () => {
    await expect(thumbnail(Buffer.from('%PDF-1.7'), 64)).rejects.toThrow(UnreadableImageError);
  });
});
