/** The name of a check as text: 'label-conflict' → 'label conflict'. */
export function checkName(check: string): string {
  return check.replaceAll(/[-_]/g, ' ').toLowerCase();
}
