/** Headers of an answer, for the document: names with what each says. */
export function describeHeaders(headers: Record<string, string>) {
  const described = Object.entries(headers).map(([name, description]) => [
    name,
    { description, schema: { type: 'string' as const } },
  ]);
  return Object.fromEntries(described) as Record<string, { description: string; schema: { type: 'string' } }>;
}
