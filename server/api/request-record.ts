/** What the access log records about a request or operation. It has no payload and no information about a case. */
export interface RequestRecord {
  /** The kind and the root fields of the GraphQL operation: 'mutation classify'. */
  operation: string | null;
  /** Id of the user who sent the request. */
  account: string | null;
  /** The client's IP address. */
  address: string | null;
  /** Codes of the errors in the response. Empty if it succeeded. */
  codes: string[];
}

export const newRecord = (): RequestRecord => ({ operation: null, account: null, address: null, codes: [] });
