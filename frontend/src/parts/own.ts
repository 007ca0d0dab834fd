/** Tables of ours, looked into by names that come from elsewhere: `constructor` stands in none of them. */

export function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}
