/** Runs `work` where the AWS SDK finds no credentials, whatever the machine of the test has. */
export async function withoutCredentials<Result>(work: () => Promise<Result>): Promise<Result> {
  const before = { ...process.env };
  Object.assign(process.env, {
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
    AWS_CONFIG_FILE: '/nowhere',
  });
  for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_PROFILE']) delete process.env[name];
  try {
    return await work();
  } finally {
    process.env = before;
  }
}
