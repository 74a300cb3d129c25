/** The look of the payment pages: one column on a phone, two beside each other on a desk, light and dark. */
export const stylesheet = `
:root {
  --ground: #f4f5f7; --paper: #fff; --ink: #1a1f36; --soft: #5a6275; --line: #d9dde5;
  --strong: #4f46e5; --on-strong: #fff; --good: #0a7d45; --bad: #b42318; --bad-ground: #fef0ee;
  --test: #7a4b00; --test-ground: #fff2cc; --ring: #4f46e5;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1218; --paper: #191e27; --ink: #eceff5; --soft: #a5aebf; --line: #38404f;
    --strong: #8b85ff; --on-strong: #10121a; --good: #4cc38a; --bad: #ff8a80; --bad-ground: #3a1c1a;
    --test: #ffd98a; --test-ground: #3b2d0c; --ring: #b3afff;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "PingFang SC", "Noto Sans SC", "Noto Sans CJK SC", sans-serif;
}
.test { margin: 0; padding: .55rem 1rem; background: var(--test-ground); color: var(--test); text-align: center; font-size: .9rem; }
.test strong { letter-spacing: .06em; }
.columns { display: grid; gap: 1.25rem; max-width: 62rem; margin: 0 auto; padding: 1.25rem 1rem 3rem; }
@media (min-width: 52rem) {
  .columns { grid-template-columns: minmax(0, 5fr) minmax(0, 6fr); align-items: start; gap: 2rem; padding-top: 3rem; }
}
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 14px; padding: 1.4rem; }
.landing { max-width: 27rem; margin: 12vh auto 0; text-align: center; }
@media (max-width: 29rem) { .landing { margin: 1rem; } }
h1, h2 { line-height: 1.25; margin: 0 0 .6rem; overflow-wrap: anywhere; }
h1 { font-size: 1.35rem; } h2 { font-size: 1.1rem; }
p { margin: 0 0 .8rem; }
.muted { color: var(--soft); font-size: .92rem; }
.amount { font-size: 2.1rem; font-weight: 650; letter-spacing: -.01em; margin: 0 0 1rem; font-variant-numeric: tabular-nums; }
.lines { width: 100%; border-collapse: collapse; font-size: .95rem; }
.lines th { font-weight: 400; text-align: left; overflow-wrap: anywhere; }
.lines td { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
.lines th, .lines td { padding: .45rem 0; vertical-align: top; }
.lines td { padding-left: 1rem; }
.lines tfoot tr:last-child > * { border-top: 1px solid var(--line); font-weight: 650; padding-top: .7rem; }
fieldset { border: 0; margin: 0; padding: 0; min-width: 0; }
legend { padding: 0; font-size: 1.1rem; font-weight: 650; margin-bottom: .7rem; }
.choice { display: flex; align-items: center; gap: .8rem; padding: .85rem 1rem; margin-bottom: .6rem; border: 1px solid var(--line); border-radius: 10px; cursor: pointer; }
.choice:has(:checked) { border-color: var(--strong); box-shadow: inset 0 0 0 1px var(--strong); }
.choice input { width: 1.15rem; height: 1.15rem; margin: 0; flex: none; accent-color: var(--strong); }
.choice span { display: block; }
.choice .muted { font-size: .85rem; }
.badge { flex: none; min-width: 2.2rem; padding: .1rem .35rem; border-radius: 6px; color: #fff; font-size: .8rem; font-weight: 650; text-align: center; }
.badge.card-badge { background: #4f5b76; } .badge.alipay { background: #1265d8; }
.badge.wechat_pay { background: #087a3a; } .badge.bank_transfer { background: #6b4fa0; }
.choice .badge { margin-left: auto; }
label.field { display: block; font-size: .9rem; font-weight: 550; margin-bottom: .25rem; }
.input { width: 100%; font: inherit; padding: .65rem .75rem; margin-bottom: .8rem; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: 8px; }
.input[aria-invalid="true"] { border-color: var(--bad); margin-bottom: .25rem; }
.problem { color: var(--bad); font-size: .88rem; margin: 0 0 .8rem; }
.alert { background: var(--bad-ground); color: var(--bad); border-radius: 8px; padding: .7rem .9rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 0 .9rem; }
.button { display: inline-block; width: 100%; font: inherit; font-weight: 600; text-align: center; text-decoration: none; cursor: pointer; padding: .75rem 1rem; border-radius: 9px; border: 1px solid var(--strong); background: var(--strong); color: var(--on-strong); }
.button.plain { background: transparent; color: var(--ink); border-color: var(--soft); }
.button + .button, form + form { margin-top: .6rem; }
:focus-visible { outline: 3px solid var(--ring); outline-offset: 2px; }
a { color: var(--strong); }
.links { margin-top: 1.1rem; display: flex; flex-wrap: wrap; gap: .4rem 1.2rem; font-size: .92rem; }
.qr { width: min(15rem, 70%); margin: 0 auto 1rem; padding: .7rem; background: #fff; border: 1px solid var(--line); border-radius: 12px; }
.qr svg { display: block; width: 100%; height: auto; }
.hint { margin-top: 1.1rem; padding-top: .9rem; border-top: 1px solid var(--line); font-size: .88rem; color: var(--soft); }
.hint code { color: var(--ink); font-size: .95em; white-space: nowrap; }
.hint summary { cursor: pointer; margin-bottom: .6rem; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .35rem 1rem; margin: 0 0 1rem; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
.sign { width: 3.4rem; height: 3.4rem; margin: 0 auto 1rem; border-radius: 50%; font-size: 1.7rem; line-height: 3.4rem; text-align: center; color: var(--paper); background: var(--soft); }
.sign.paid { background: var(--good); } .sign.failed { background: var(--bad); }
`;
