/**
 * How well a label fits what is asked for: 3 whole, 2 but for symbols around it, 1 in part, 0 not at all. People look
 * for "Cart" and find "🛒 Cart"; a regular expression fits or does not.
 */
export function rank(wanted: string | RegExp, label: string): number {
  if (wanted instanceof RegExp) return wanted.test(label) ? 3 : 0;
  if (label === wanted) return 3;
  const bare = (text: string) => text.toLowerCase().replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}]+$/gu, "");
  if (bare(wanted) !== "" && bare(label) === bare(wanted)) return 2;
  return label.toLowerCase().includes(wanted.toLowerCase()) ? 1 : 0;
}
