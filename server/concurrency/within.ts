/**
 * What `work` comes to, or a rejection when it has come to nothing after so many milliseconds; it is not ended then.
 * @param expired makes the error of that rejection
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
