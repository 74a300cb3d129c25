/**
 * Discord's markdown as people read it, for what the adapter may write: a backslash shows the sign behind it as it is,
 * marks of bold, italic and struck text go, code and links show their words.
 *
 * Whatever else would become markup is shown as «markup», so that a test sees it.
 */
export function readMarkdown(source: string): { text: string; links: { label: string; url: string }[] } {
  const links: { label: string; url: string }[] = [];
  let text = "";
  const open: number[] = [];
  for (let at = 0; at < source.length; ) {
    const rest = source.slice(at);
    const [pair, escaped] = /^\\([^\p{L}\p{N}\s])/u.exec(rest) ?? [];
    if (pair !== undefined && escaped !== undefined) {
      text += escaped;
      at += pair.length;
      continue;
    }
    const [fence, , inside] = /^(`+)(?!`)([\s\S]*?[^`])\1(?!`)/.exec(rest) ?? [];
    if (fence !== undefined && inside !== undefined) {
      text += inside.replace(/^ (?=`)|(?<=`) $/g, "");
      at += fence.length;
      continue;
    }
    const [end, url] = open.length > 0 ? (/^\]\(<([^>]*)>\)/.exec(rest) ?? []) : [];
    if (end !== undefined && url !== undefined) {
      links.push({ label: text.slice(open.pop()), url });
      at += end.length;
      continue;
    }
    const [bare, target] = /^<(https?:[^>\s]*)>/.exec(rest) ?? [];
    if (bare !== undefined && target !== undefined) {
      links.push({ label: target, url: target });
      text += target;
      at += bare.length;
      continue;
    }
    const [mark] = /^(\*\*|\*|~~)/.exec(rest) ?? [];
    if (mark !== undefined) {
      at += mark.length;
      continue;
    }
    const sign = String.fromCodePoint(source.codePointAt(at) ?? 0);
    const line = source.slice(source.lastIndexOf("\n", at - 1) + 1, at);
    if (sign === "[" && /^\[(\\[\s\S]|[^\\])*?\]\(</.test(rest)) open.push(text.length);
    else if (/[_|<@`]/.test(sign) || (/^\s*$/.test(line) && /^(#{1,3}|-|\+|-#|>|\d+\.) /.test(rest)))
      text += `«markup ${sign}»`;
    else text += sign;
    at += sign.length;
  }
  return { text, links };
}
