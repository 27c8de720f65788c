// What is used of WebAssembly, and a function: browsers and Node have both.
declare function atob(base64: string): string;
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object) => { readonly exports: unknown };
};

export interface KernelMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const PAGE = 65_536;

/** The exports of a compiled kernel, in base64. */
export function openKernel(base64: string): unknown {
  const module = new WebAssembly.Module(Uint8Array.from(atob(base64), (byte) => byte.charCodeAt(0)));
  return new WebAssembly.Instance(module).exports;
}

/** Makes the memory have at least `size` bytes. Views of it are not valid any more if it grows. */
export function growTo(memory: KernelMemory, size: number): void {
  const missing = size - memory.buffer.byteLength;
  if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
}
