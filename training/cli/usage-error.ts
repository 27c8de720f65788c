/** The command line cannot be understood; `message` says what would be right. */
export class UsageError extends Error {}
