/** An id that no other request has. `crypto.randomUUID` does not exist on pages without HTTPS. */
export function newRequestId(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))]
    .map((byte) => byte.toString(16).padStart(2, '0'))
    .join('');
}
