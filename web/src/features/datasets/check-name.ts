/** 'label-conflict' → 'label conflict': a check as it is read. */
export function checkName(check: string): string {
  return check.replaceAll(/[-_]/g, ' ').toLowerCase();
}
