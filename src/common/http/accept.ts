/** Whether an `Accept` header (RFC 9110) names a media type, other than to refuse it with `q=0`. Wildcards name nothing. */
export function namesType(header: string | undefined, type: string): boolean {
  return (header ?? '').split(',').some((range) => {
    const [name = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return name === type && !parameters.some((parameter) => /^q\s*=\s*0(\.0*)?$/.test(parameter));
  });
}
