/** Enough for the cell finder on a picture of a single cell. What does not fit is left to the garbage collector. */
const SIZE = 1 << 20;
/** Every array begins at a multiple of this, in bytes. */
const ALIGNMENT = 8;

/** What counts as used outside of a step. */
const CLOSED = Infinity;

let memory: ArrayBuffer | undefined;
let used = CLOSED;

/**
 * Runs a step whose arrays from `scratch` use the same memory in every run: V8 collects all garbage of a thread each time that a few
 * megabytes of new arrays have been made, which is every few pictures. These arrays must not leave the step, which so must not wait
 * for anything.
 */
export function withScratch<T>(step: () => T): T {
  memory ??= new ArrayBuffer(SIZE);
  const before = used;
  if (before === CLOSED) used = 0;
  try {
    return step();
  } finally {
    used = before;
  }
}

/** New arrays, filled with 0. Outside of `withScratch` they are ordinary ones. */
export const scratch = {
  uint8: (length: number): Uint8Array => taken(Uint8Array, length),
  uint16: (length: number): Uint16Array => taken(Uint16Array, length),
  int32: (length: number): Int32Array => taken(Int32Array, length),
  uint32: (length: number): Uint32Array => taken(Uint32Array, length),
  float32: (length: number): Float32Array => taken(Float32Array, length),
  float64: (length: number): Float64Array => taken(Float64Array, length),
};

interface ArrayKind<A> {
  readonly BYTES_PER_ELEMENT: number;
  new (length: number): A;
  new (buffer: ArrayBuffer, offset: number, length: number): A;
}

function taken<A extends { fill(value: number): A }>(Kind: ArrayKind<A>, length: number): A {
  const size = Math.ceil((length * Kind.BYTES_PER_ELEMENT) / ALIGNMENT) * ALIGNMENT;
  if (!memory || used + size > SIZE) return new Kind(length);
  const at = used;
  used += size;
  return new Kind(memory, at, length).fill(0);
}
