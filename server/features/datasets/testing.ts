/** Runs `work` where the AWS SDK finds no credentials, whatever the machine of the test has. */
export async function withoutCredentials<Result>(work: () => Promise<Result>): Promise<Result> {
  const before = process.env;
  const names = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN', 'AWS_PROFILE'];
  process.env = {
    ...Object.fromEntries(Object.entries(before).filter(([name]) => !names.includes(name))),
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    AWS_CONFIG_FILE: '/nowhere',
  };
  try {
    return await work();
  } finally {
    process.env = before;
  }
}
