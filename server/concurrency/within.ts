/**
 * The result of `work`, or a rejection if `work` takes longer than this number of milliseconds. The work itself is not stopped.
 * @param expired creates the error of that rejection
 */
export async function within<Result>(
  milliseconds: number,
  work: Promise<Result>,
  expired = () => new Error(`No answer within ${milliseconds} ms`),
): Promise<Result> {
  let timer: NodeJS.Timeout | undefined;
  const expiry = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(expired()), milliseconds);
  });
  try {
    return await Promise.race([work, expiry]);
  } finally {
    clearTimeout(timer);
  }
}
