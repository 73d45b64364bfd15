/** The original cuts at the first `@`, and so shows the rest of a password that holds one; here it is the last. */
export function withoutCredentials(url: string): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)?.*@/is, '$1<FILTERED>@');
}
