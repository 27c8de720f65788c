/** What an operator is told of one request or operation: no payload, nothing of a case. */
export interface RequestRecord {
  /** Root fields of the GraphQL operation, with its kind: 'mutation classify'. */
  operation: string | null;
  /** Id of the account that asks. */
  account: string | null;
  /** The client's IP address. */
  address: string | null;
  /** Codes of the errors in the answer; none: it succeeded. */
  codes: string[];
}

export const newRecord = (): RequestRecord => ({ operation: null, account: null, address: null, codes: [] });
