// AssemblyScript: TypeScript's syntax, WebAssembly's types. Reads the scan of a baseline JPEG (ITU-T T.81) and makes pixels of it,
// for decode-plain-jpeg.ts, which reads the headers and lays out the memory. How it is compiled is in jpeg-kernel.ts.
// The pixels equal those of libjpeg-turbo: its accurate inverse transform (jidctint: Loeffler, Ligtenberg and Moschytz, ICASSP
// 1989, 13 bits), its smooth enlargement of colours (jdsample) and its conversion to RGB (jdcolor).

// ---- tables ---------------------------------------------------------------------------------------------------------

/** Codes of up to so many bits are looked up in one step. */
const AHEAD: u32 = 10;

/** One Huffman table. `SHORT`: by the next bits, 256 × length + symbol; 0 for longer codes. */
const SHORT: i32 = 0;
/** By the next bits, for a code and its value in one step: 65,536 × value + 256 × run of zeros + bits; 0 for others. */
const WHOLE: i32 = SHORT + (2 << AHEAD);
/** What is the run of zeros at the end of a block. */
const TO_END: i32 = 128;
/** By length: the first value of 16 bits beyond its codes, and what added to a code gives its place among the symbols. */
const BEYOND: i32 = WHOLE + (4 << AHEAD);
const OFFSETS: i32 = BEYOND + 4 * 17;
const SYMBOLS: i32 = OFFSETS + 4 * 17;
const HUFFMAN_SIZE: i32 = SYMBOLS + 256 + 8;

/** Four tables for means (DC), then four for the other coefficients (AC). */
const huffman = memory.data(8 * HUFFMAN_SIZE, 16);
/** Four quantisation tables of 64 steps (u16), in the order of the file. */
const quantisation = memory.data(4 * 128, 16);
/** The place of each coefficient of the file in its block, times two. */
const places = memory.data<u8>([
  0, 2, 16, 32, 18, 4, 6, 20, 34, 48, 64, 50, 36, 22, 8, 10, 24, 38, 52, 66, 80, 96, 82, 68, 54, 40, 26, 12, 14, 28, 42, 56,
  70, 84, 98, 112, 114, 100, 86, 72, 58, 44, 30, 46, 60, 74, 88, 102, 116, 118, 104, 90, 76, 62, 78, 92, 106, 120, 122, 108,
  94, 110, 124, 126,
]);
const block = memory.data(128, 16);

/** A component: where its samples are, and what it is read with. */
@unmanaged
class Component {
  across: i32;
  down: i32;
  /** One byte for each sample, `stride` for each row. */
  samples: usize;
  stride: i32;
  steps: usize;
  means: usize;
  others: usize;
  mean: i32;
  /** The largest mean, without sign. */
  most: i32;
}
const components = memory.data(3 * offsetof<Component>(), 16);

@inline
function component(index: i32): Component {
  return changetype<Component>(components + index * offsetof<Component>());
}

/** The first address that the caller may lay out. */
export function base(): usize {
  return __heap_base;
}

/** The address of quantisation table `number`: 64 values of 16 bits, to be written there. */
export function quantisationTable(number: i32): usize {
  return quantisation + number * 128;
}

/**
 * Makes a Huffman table of the 16 numbers of codes at `from` and of the symbols behind them.
 * @param number 0–3 for means, 4–7 for other coefficients
 * @returns false if there is no such code
 */
export function makeHuffmanTable(number: i32, from: usize): bool {
  const table = huffman + number * HUFFMAN_SIZE;
  memory.fill(table, 0, BEYOND);
  let code: u32 = 0;
  let place: u32 = 0;
  for (let length: u32 = 1; length <= 16; length++) {
    store<i32>(table + OFFSETS + 4 * length, place - code);
    const count: u32 = load<u8>(from + length - 1);
    if (place + count > 256 || (count > 0 && code + count >= 1 << length)) return false;
    for (let index: u32 = 0; index < count; index++, code++, place++) {
      const symbol = load<u8>(from + 16 + place);
      store<u8>(table + SYMBOLS + place, symbol);
      if (length > AHEAD) continue;
      const first = code << (AHEAD - length);
      for (let each: u32 = 0; each < 1 << (AHEAD - length); each++)
        store<u16>(table + SHORT + 2 * (first + each), (length << 8) | symbol);
    }
    store<u32>(table + BEYOND + 4 * length, code << (16 - length));
    code <<= 1;
  }
  for (let bits: u32 = 0; bits < 1 << AHEAD; bits++) {
    const found: u32 = load<u16>(table + SHORT + 2 * bits);
    const size = found & 15;
    const run = (found >> 4) & 15;
    const total = (found >> 8) + size;
    if (found === 0 || total > AHEAD || (run > 0 && (size === 0 || number < 4))) continue;
    const value = size === 0 ? 0 : signed((bits >> (AHEAD - total)) & ((1 << size) - 1), size);
    store<i32>(table + WHOLE + 4 * bits, (value << 16) | ((size === 0 && number > 3 ? TO_END : run) << 8) | total);
  }
  return true;
}

/** The value of `size` bits (T.81, F.2.2.1: EXTEND). */
@inline
function signed(bits: i32, size: i32): i32 {
  return bits - (bits >> (size - 1) ? 0 : (1 << size) - 1);
}

/**
 * To be called when the tables are there.
 * @param others number of its table for coefficients other than means, 4–7
 */
export function setComponent(
  index: i32,
  across: i32,
  down: i32,
  samples: usize,
  stride: i32,
  steps: i32,
  means: i32,
  others: i32,
): void {
  const it = component(index);
  it.across = across;
  it.down = down;
  it.samples = samples;
  it.stride = stride;
  it.steps = quantisation + steps * 128;
  it.means = huffman + means * HUFFMAN_SIZE;
  it.others = huffman + others * HUFFMAN_SIZE;
  it.mean = 0;
  // Eight times the mean is within −1024 and 1016; quantised, within two steps of that.
  it.most = 1024 / <i32>load<u16>(it.steps) + 2;
}

// ---- the scan -------------------------------------------------------------------------------------------------------

/**
 * Takes the stuffed zeros out of the data of a scan, in place.
 * @returns the end of what is left; 0 unless the only marker is the end of the image, in the last two bytes
 */
export function unstuff(from: usize, end: usize): usize {
  let to = from;
  let at = from;
  while (at < end) {
    const part = v128.load(at);
    if (at + 16 <= end && !v128.any_true(i8x16.eq(part, i8x16.splat(-1)))) {
      v128.store(to, part);
      at += 16;
      to += 16;
      continue;
    }
    const byte = load<u8>(at);
    store<u8>(to, byte);
    at++;
    if (byte === 0xff) {
      const next = load<u8>(at);
      if (next === 0xd9 && at === end - 1) return to;
      if (next !== 0) return 0;
      at++;
    }
    to++;
  }
  return 0;
}

/**
 * Reads all blocks of a scan of three components and writes their samples.
 * @returns whether the data is what an encoder writes, to its last bit. If not, samples are missing or wrong.
 */
export function readScan(from: usize, end: usize, columns: i32, rows: i32): bool {
  let bits: u64 = 0; // the next ones, from the highest on
  let count: i32 = 0;
  let next = from;
  clearBlock();
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      for (let index = 0; index < 3; index++) {
        const it = component(index);
        const means = it.means;
        const others = it.others;
        const steps = it.steps;
        const stride = it.stride;
        const across = it.across;
        for (let down = 0; down < it.down; down++) {
          let to = it.samples + ((row * it.down + down) * stride + column * across) * 8;
          for (let each = 0; each < across; each++, to += 8) {
            // The mean, as the difference from that of the block before.
            if (count < 32) {
              bits |= <u64>bswap<u32>(load<u32>(next)) << (32 - count);
              next += 4;
              count += 32;
            }
            let value = load<i32>(means + WHOLE + (<usize>(bits >> (64 - AHEAD)) << 2));
            let code: u32;
            let size: i32;
            let mean = it.mean;
            if (value !== 0) {
              bits <<= value & 255;
              count -= value & 255;
              mean += value >> 16;
            } else {
              code = symbolOf(means, bits);
              if (code === 0) return false;
              bits <<= code >> 8;
              count -= code >> 8;
              size = code & 255;
              if (size > 11) return false;
              if (size > 0) {
                mean += signed(<i32>(bits >> (64 - size)), size);
                bits <<= size;
                count -= size;
              }
            }
            if (mean > it.most || mean < -it.most) return false;
            it.mean = mean;
            store<i16>(block, mean * <i32>load<u16>(steps));

            let coefficient = 1;
            let isFlat = true;
            while (coefficient < 64) {
              if (count < 32) {
                bits |= <u64>bswap<u32>(load<u32>(next)) << (32 - count);
                next += 4;
                count += 32;
              }
              value = load<i32>(others + WHOLE + (<usize>(bits >> (64 - AHEAD)) << 2));
              if (value !== 0) {
                coefficient += (value >> 8) & 255;
                bits <<= value & 255;
                count -= value & 255;
                value >>= 16;
              } else {
                code = symbolOf(others, bits);
                if (code === 0) return false;
                bits <<= code >> 8;
                count -= code >> 8;
                size = code & 15;
                const run = (code >> 4) & 15;
                if (size === 0) {
                  if (run === 0) break;
                  if (run !== 15) return false;
                  coefficient += 16;
                  continue;
                }
                if (size > 10) return false;
                coefficient += run;
                value = signed(<i32>(bits >> (64 - size)), size);
                bits <<= size;
                count -= size;
              }
              if (coefficient > 63) {
                if (coefficient < TO_END) return false;
                coefficient = 64;
                break;
              }
              isFlat = false;
              store<i16>(block + load<u8>(places + coefficient), value * <i32>load<u16>(steps + 2 * coefficient));
              coefficient++;
            }
            if (coefficient > 64 || next - (count >> 3) > end) return false;
            if (isFlat) fillBlock(to, stride);
            else {
              transformBlock(to, stride);
              clearBlock();
            }
          }
        }
      }
    }
  }
  // What is left fills the last byte, with bits of one kind.
  const left = <i32>(end - next) * 8 + count;
  if (left < 0 || left > 7) return false;
  if (left === 0) return true;
  const filling = <u32>(bits >> (64 - left));
  return filling === 0 || filling === (1 << left) - 1;
}

/** 256 × length + symbol of the next code; 0 if there is none. */
@inline
function symbolOf(table: usize, bits: u64): u32 {
  const found: u32 = load<u16>(table + SHORT + (<usize>(bits >> (64 - AHEAD)) << 1));
  return found !== 0 ? found : longSymbol(table, <u32>(bits >> 48));
}

function longSymbol(table: usize, ahead: u32): u32 {
  for (let length: u32 = AHEAD + 1; length <= 16; length++) {
    if (ahead >= load<u32>(table + BEYOND + 4 * length)) continue;
    const place = (ahead >> (16 - length)) + load<i32>(table + OFFSETS + 4 * length);
    return (length << 8) | load<u8>(table + SYMBOLS + place);
  }
  return 0;
}

// ---- a block --------------------------------------------------------------------------------------------------------

/** All coefficients but the mean, which each block has, are 0 before a block is read. */
@inline
function clearBlock(): void {
  const zeros = i64x2.splat(0);
  v128.store(block, zeros);
  v128.store(block, zeros, 16);
  v128.store(block, zeros, 32);
  v128.store(block, zeros, 48);
  v128.store(block, zeros, 64);
  v128.store(block, zeros, 80);
  v128.store(block, zeros, 96);
  v128.store(block, zeros, 112);
}

/** The samples of a block that has only a mean. */
@inline
function fillBlock(to: usize, stride: i32): void {
  const level = min(255, max(0, ((<i32>load<i16>(block) + 4) >> 3) + 128));
  const line = i8x16.splat(<i8>level);
  for (let row = 0; row < 8; row++, to += stride) v128.store64_lane(to, line, 0);
}

/** The inverse cosine transform of the block, by columns and then by rows. */
function transformBlock(to: usize, stride: i32): void {
  transformColumns(11);
  transpose();
  transformColumns(18);
  // Columns become rows: each step brings the first half of the 64 samples and the second one together, one by one.
  const middle = i8x16.splat(-128);
  const a0 = i8x16.add(i8x16.narrow_i16x8_s(v128.load(block), v128.load(block, 16)), middle);
  const a1 = i8x16.add(i8x16.narrow_i16x8_s(v128.load(block, 32), v128.load(block, 48)), middle);
  const a2 = i8x16.add(i8x16.narrow_i16x8_s(v128.load(block, 64), v128.load(block, 80)), middle);
  const a3 = i8x16.add(i8x16.narrow_i16x8_s(v128.load(block, 96), v128.load(block, 112)), middle);
  const b0 = bytesLow(a0, a2);
  const b1 = bytesHigh(a0, a2);
  const b2 = bytesLow(a1, a3);
  const b3 = bytesHigh(a1, a3);
  const c0 = bytesLow(b0, b2);
  const c1 = bytesHigh(b0, b2);
  const c2 = bytesLow(b1, b3);
  const c3 = bytesHigh(b1, b3);
  putRows(to, stride, bytesLow(c0, c2));
  putRows(to + 2 * stride, stride, bytesHigh(c0, c2));
  putRows(to + 4 * stride, stride, bytesLow(c1, c3));
  putRows(to + 6 * stride, stride, bytesHigh(c1, c3));
}

@inline
function putRows(to: usize, stride: i32, two: v128): void {
  v128.store64_lane(to, two, 0);
  v128.store64_lane(to + stride, two, 1);
}

@inline
function bytesLow(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

@inline
function bytesHigh(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

/** Transforms each column of the block; sums are rounded and shifted by `shift` bits. */
@inline
function transformColumns(shift: i32): void {
  const r0 = v128.load(block);
  const r1 = v128.load(block, 16);
  const r2 = v128.load(block, 32);
  const r3 = v128.load(block, 48);
  const r4 = v128.load(block, 64);
  const r5 = v128.load(block, 80);
  const r6 = v128.load(block, 96);
  const r7 = v128.load(block, 112);
  const half = i32x4.splat(1 << (shift - 1));

  const sum = i16x8.add(r0, r4);
  const difference = i16x8.sub(r0, r4);
  const z3 = i16x8.add(r7, r3);
  const z4 = i16x8.add(r5, r1);

  // The low and then the high four columns, with 32 bits each.
  const even0 = low(sum);
  const even0h = high(sum);
  const even1 = low(difference);
  const even1h = high(difference);
  const p26 = pairsLow(r2, r6);
  const p26h = pairsHigh(r2, r6);
  const even3 = i32x4.dot_i16x8_s(p26, weightsOf(0));
  const even3h = i32x4.dot_i16x8_s(p26h, weightsOf(0));
  const even2 = i32x4.dot_i16x8_s(p26, weightsOf(1));
  const even2h = i32x4.dot_i16x8_s(p26h, weightsOf(1));
  const p34 = pairsLow(z3, z4);
  const p34h = pairsHigh(z3, z4);
  const odd3 = i32x4.dot_i16x8_s(p34, weightsOf(2));
  const odd3h = i32x4.dot_i16x8_s(p34h, weightsOf(2));
  const odd4 = i32x4.dot_i16x8_s(p34, weightsOf(3));
  const odd4h = i32x4.dot_i16x8_s(p34h, weightsOf(3));
  const p71 = pairsLow(r7, r1);
  const p71h = pairsHigh(r7, r1);
  const p53 = pairsLow(r5, r3);
  const p53h = pairsHigh(r5, r3);

  put(0, 112, shift, half, i32x4.add(even0, even3), i32x4.add(even0h, even3h),
    i32x4.add(i32x4.dot_i16x8_s(p71, weightsOf(4)), odd4), i32x4.add(i32x4.dot_i16x8_s(p71h, weightsOf(4)), odd4h));
  put(16, 96, shift, half, i32x4.add(even1, even2), i32x4.add(even1h, even2h),
    i32x4.add(i32x4.dot_i16x8_s(p53, weightsOf(5)), odd3), i32x4.add(i32x4.dot_i16x8_s(p53h, weightsOf(5)), odd3h));
  put(32, 80, shift, half, i32x4.sub(even1, even2), i32x4.sub(even1h, even2h),
    i32x4.add(i32x4.dot_i16x8_s(p53, weightsOf(6)), odd4), i32x4.add(i32x4.dot_i16x8_s(p53h, weightsOf(6)), odd4h));
  put(48, 64, shift, half, i32x4.sub(even0, even3), i32x4.sub(even0h, even3h),
    i32x4.add(i32x4.dot_i16x8_s(p71, weightsOf(7)), odd3), i32x4.add(i32x4.dot_i16x8_s(p71h, weightsOf(7)), odd3h));
}

/** Writes the row at `plus`, the sum of both, and that at `minus`, their difference. */
@inline
function put(plus: usize, minus: usize, shift: i32, half: v128, even: v128, evenHigh: v128, odd: v128, oddHigh: v128): void {
  const from = i32x4.add(even, half);
  const fromHigh = i32x4.add(evenHigh, half);
  v128.store(block + plus,
    i16x8.narrow_i32x4_s(i32x4.shr_s(i32x4.add(from, odd), shift), i32x4.shr_s(i32x4.add(fromHigh, oddHigh), shift)));
  v128.store(block + minus,
    i16x8.narrow_i32x4_s(i32x4.shr_s(i32x4.sub(from, odd), shift), i32x4.shr_s(i32x4.sub(fromHigh, oddHigh), shift)));
}

/**
 * Two weights for each of four pairs. The numbers are the sums of the constants of jidctint.c, in 1/8192. They are in memory, because V8
 * makes the constants of vectors again each time that they are used.
 */
const weights = memory.data<i16>([
  10703, 4433, 10703, 4433, 10703, 4433, 10703, 4433,
  4433, -10704, 4433, -10704, 4433, -10704, 4433, -10704,
  -6436, 9633, -6436, 9633, -6436, 9633, -6436, 9633,
  9633, 6437, 9633, 6437, 9633, 6437, 9633, 6437,
  -7373, 4926, -7373, 4926, -7373, 4926, -7373, 4926,
  -20995, 4177, -20995, 4177, -20995, 4177, -20995, 4177,
  -4176, -20995, -4176, -20995, -4176, -20995, -4176, -20995,
  -4927, -7373, -4927, -7373, -4927, -7373, -4927, -7373,
], 16);

@inline
function weightsOf(index: usize): v128 {
  return v128.load(weights + 16 * index);
}

@inline
function pairsLow(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

@inline
function pairsHigh(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** Four values, times 8192. */
@inline
function low(values: v128): v128 {
  return i32x4.shl(i32x4.extend_low_i16x8_s(values), 13);
}

@inline
function high(values: v128): v128 {
  return i32x4.shl(i32x4.extend_high_i16x8_s(values), 13);
}

@inline
function transpose(): void {
  const r0 = v128.load(block);
  const r1 = v128.load(block, 16);
  const r2 = v128.load(block, 32);
  const r3 = v128.load(block, 48);
  const r4 = v128.load(block, 64);
  const r5 = v128.load(block, 80);
  const r6 = v128.load(block, 96);
  const r7 = v128.load(block, 112);
  const a0 = pairsLow(r0, r1);
  const a1 = pairsHigh(r0, r1);
  const a2 = pairsLow(r2, r3);
  const a3 = pairsHigh(r2, r3);
  const a4 = pairsLow(r4, r5);
  const a5 = pairsHigh(r4, r5);
  const a6 = pairsLow(r6, r7);
  const a7 = pairsHigh(r6, r7);
  const b0 = i32x4.shuffle(a0, a2, 0, 4, 1, 5);
  const b1 = i32x4.shuffle(a0, a2, 2, 6, 3, 7);
  const b2 = i32x4.shuffle(a1, a3, 0, 4, 1, 5);
  const b3 = i32x4.shuffle(a1, a3, 2, 6, 3, 7);
  const b4 = i32x4.shuffle(a4, a6, 0, 4, 1, 5);
  const b5 = i32x4.shuffle(a4, a6, 2, 6, 3, 7);
  const b6 = i32x4.shuffle(a5, a7, 0, 4, 1, 5);
  const b7 = i32x4.shuffle(a5, a7, 2, 6, 3, 7);
  v128.store(block, i64x2.shuffle(b0, b4, 0, 2));
  v128.store(block, i64x2.shuffle(b0, b4, 1, 3), 16);
  v128.store(block, i64x2.shuffle(b1, b5, 0, 2), 32);
  v128.store(block, i64x2.shuffle(b1, b5, 1, 3), 48);
  v128.store(block, i64x2.shuffle(b2, b6, 0, 2), 64);
  v128.store(block, i64x2.shuffle(b2, b6, 1, 3), 80);
  v128.store(block, i64x2.shuffle(b3, b7, 0, 2), 96);
  v128.store(block, i64x2.shuffle(b3, b7, 1, 3), 112);
}

// ---- pixels ---------------------------------------------------------------------------------------------------------

/**
 * Enlarges a row of colour samples to twice its width, and smooths it: each sample counts three times, its neighbour once.
 * @param count samples, at least 3
 */
export function widen(to: usize, from: usize, count: i32): void {
  store<u8>(to, load<u8>(from));
  store<u8>(to + 1, (3 * <u32>load<u8>(from) + load<u8>(from + 1) + 2) >> 2);
  for (let at = 1; at < count - 1; at++) {
    const own = 3 * <u32>load<u8>(from + at);
    store<u16>(to + 2 * at,
      ((own + load<u8>(from + at - 1) + 1) >> 2) | (((own + load<u8>(from + at + 1) + 2) >> 2) << 8));
  }
  const last = 3 * <u32>load<u8>(from + count - 1);
  store<u8>(to + 2 * count - 2, (last + load<u8>(from + count - 2) + 1) >> 2);
  store<u8>(to + 2 * count - 1, load<u8>(from + count - 1));
}

/** As `widen`, for colours that have half the rows too: `near` is the row that counts three times, `far` the one that counts once. */
export function widenBetween(to: usize, near: usize, far: usize, count: i32): void {
  let before: u32;
  let own: u32 = 3 * <u32>load<u8>(near) + load<u8>(far);
  let after: u32 = 3 * <u32>load<u8>(near + 1) + load<u8>(far + 1);
  store<u8>(to, (4 * own + 8) >> 4);
  store<u8>(to + 1, (3 * own + after + 7) >> 4);
  for (let at = 1; at < count - 1; at++) {
    before = own;
    own = after;
    after = 3 * <u32>load<u8>(near + at + 1) + load<u8>(far + at + 1);
    store<u16>(to + 2 * at, ((3 * own + before + 8) >> 4) | (((3 * own + after + 7) >> 4) << 8));
  }
  store<u8>(to + 2 * count - 2, (3 * after + own + 8) >> 4);
  store<u8>(to + 2 * count - 1, (4 * after + 7) >> 4);
}

/**
 * The weights of Cb and Cr for red, green and blue, in 1/65536, where whole numbers make them fit 16 bits: 1.402 = 1 + 26345/65536,
 * −0.71414 = −1 + 18734/65536, 1.772 = 2 − 14942/65536.
 */
const ofColours = memory.data<i16>([
  0, 26345, 0, 26345, 0, 26345, 0, 26345,
  -22554, 18734, -22554, 18734, -22554, 18734, -22554, 18734,
  -14942, 0, -14942, 0, -14942, 0, -14942, 0,
], 16);

/** A row of RGB of `width` pixels, rounded up to 16, from one of brightness (Y) and two of colour (Cb, Cr). Writes four bytes more. */
export function toRgb(to: usize, brightness: usize, blue: usize, red: usize, width: i32): void {
  const ofRed = v128.load(ofColours);
  const ofGreen = v128.load(ofColours, 16);
  const ofBlue = v128.load(ofColours, 32);
  const half = i32x4.splat(32768);
  const middle = i8x16.splat(-128);
  for (let at = 0; at < width; at += 16, to += 48) {
    const y = v128.load(brightness + at);
    const cb = v128.xor(v128.load(blue + at), middle);
    const cr = v128.xor(v128.load(red + at), middle);
    const y0 = i16x8.extend_low_i8x16_u(y);
    const y1 = i16x8.extend_high_i8x16_u(y);
    const cb0 = i16x8.extend_low_i8x16_s(cb);
    const cb1 = i16x8.extend_high_i8x16_s(cb);
    const cr0 = i16x8.extend_low_i8x16_s(cr);
    const cr1 = i16x8.extend_high_i8x16_s(cr);
    const a = pairsLow(cb0, cr0);
    const b = pairsHigh(cb0, cr0);
    const c = pairsLow(cb1, cr1);
    const d = pairsHigh(cb1, cr1);
    // R = Y + 1.402 Cr, G = Y − 0.34414 Cb − 0.71414 Cr, B = Y + 1.772 Cb.
    const r = i8x16.narrow_i16x8_u(
      i16x8.add(i16x8.add(y0, cr0), weighted(a, b, ofRed, half)),
      i16x8.add(i16x8.add(y1, cr1), weighted(c, d, ofRed, half)));
    const g = i8x16.narrow_i16x8_u(
      i16x8.add(i16x8.sub(y0, cr0), weighted(a, b, ofGreen, half)),
      i16x8.add(i16x8.sub(y1, cr1), weighted(c, d, ofGreen, half)));
    const blues = i8x16.narrow_i16x8_u(
      i16x8.add(i16x8.add(y0, i16x8.add(cb0, cb0)), weighted(a, b, ofBlue, half)),
      i16x8.add(i16x8.add(y1, i16x8.add(cb1, cb1)), weighted(c, d, ofBlue, half)));
    // Four pixels of four bytes, of which the fourth is left out.
    const rg0 = bytesLow(r, g);
    const rg1 = bytesHigh(r, g);
    const bb0 = bytesLow(blues, blues);
    const bb1 = bytesHigh(blues, blues);
    v128.store(to, threeOfFour(pairsLow(rg0, bb0)));
    v128.store(to, threeOfFour(pairsHigh(rg0, bb0)), 12);
    v128.store(to, threeOfFour(pairsLow(rg1, bb1)), 24);
    v128.store(to, threeOfFour(pairsHigh(rg1, bb1)), 36);
  }
}

@inline
function threeOfFour(pixels: v128): v128 {
  return i8x16.shuffle(pixels, pixels, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 15, 15, 15, 15);
}

/** Pairs of Cb and Cr, weighted in 1/65536, summed and rounded. */
@inline
function weighted(low: v128, high: v128, weights: v128, half: v128): v128 {
  return i16x8.narrow_i32x4_s(
    i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(low, weights), half), 16),
    i32x4.shr_s(i32x4.add(i32x4.dot_i16x8_s(high, weights), half), 16));
}
