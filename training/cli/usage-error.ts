/** The command line is invalid; `message` says what would be right. */
export class UsageError extends Error {}
