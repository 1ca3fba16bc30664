/** What can go wrong in an expected way is a value: `code` is public, upper case and never renamed. */
export type Result<T, Code extends string = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: Code; readonly detail: string };

export const ok = <T>(value: T): { readonly ok: true; readonly value: T } => ({ ok: true, value });

export const fail = <Code extends string>(
  code: Code,
  detail = "",
): { readonly ok: false; readonly code: Code; readonly detail: string } => ({
  ok: false,
  code,
  detail,
});
