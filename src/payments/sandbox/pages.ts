import { html, raw } from "hono/html";
import QRCode from "qrcode";
import { momentIn } from "../../i18n/moment.ts";
import { format } from "../../shop/core/money.ts";
import type { Html, Language } from "../page.ts";
import { type Afterwards, afterwards } from "./after.ts";
import type { CardProblems } from "./card.ts";
import { type Method, methods, type SandboxSession } from "./session.ts";
import { type Words, words } from "./words.ts";

/** What every page of a session is drawn from. */
export interface Scene {
  readonly session: SandboxSession;
  readonly language: Language;
  readonly token: string;
  /** Where the shopper goes when there is nothing more to do here. */
  readonly back: string;
}

const localeOf = (language: Language): string => (language === "zh" ? "zh-CN" : "en");

const here = ({ session, language }: Scene, step = ""): string =>
  `/sandbox/pay/${session._id}${step === "" ? "" : `/${step}`}?lang=${language}`;

const form = (scene: Scene, step: string, inside: Html): Html =>
  html`<form method="post" action="${here(scene, step)}" novalidate>
<input type="hidden" name="token" value="${scene.token}">
${inside}</form>`;

const banner = (say: Words): Html =>
  html`<header><p class="test" role="note"><strong>${say.testName}</strong> · ${say.testNote}</p></header>`;

/** A page beside the order's summary. */
function beside(scene: Scene, main: Html): Html {
  const { session, language } = scene;
  const say = words[language];
  const money = (amount: number) => format({ amount, currency: session.amount.currency }, localeOf(language));
  return html`${banner(say)}
<main class="columns">
<section aria-labelledby="summary">
<h1 id="summary">${say.pay} · ${say.order} <bdi>${session.orderNumber}</bdi></h1>
<p class="amount">${money(session.amount.amount)}</p>
<table class="lines">
<tbody>${session.lines.map(
    (line) => html`
<tr><th scope="row"><bdi>${line.title}</bdi>${
      line.quantity === 1
        ? ""
        : html`<br><span class="muted">${line.quantity} × ${money(line.unitPrice.amount)}</span>`
    }</th><td>${money(line.unitPrice.amount * line.quantity)}</td></tr>`,
  )}</tbody>
<tfoot>
<tr><th scope="row">${say.shipping}</th><td>${money(session.shipping.amount)}</td></tr>
<tr><th scope="row">${say.total}</th><td>${money(session.amount.amount)}</td></tr>
</tfoot>
</table>
${session.status === "open" ? html`<p class="muted">${say.until} <time datetime="${session.expiresAt.toISOString()}">${momentIn("UTC", localeOf(language), session.expiresAt)}</time></p>` : ""}
</section>
<section class="card">${main}</section>
</main>`;
}

const links = (scene: Scene): Html => {
  const say = words[scene.language];
  return html`<p class="links"><a href="${here(scene)}">${say.other}</a><a href="${scene.back}&amp;cancelled=1">${say.leave}</a></p>`;
};

const alert = (text: string | undefined): Html | "" =>
  text === undefined ? "" : html`<p class="alert" role="alert">${text}</p>`;

/** The first step: how to pay. */
export function choicePage(scene: Scene, missed: boolean): Html {
  const say = words[scene.language];
  const notes: Record<Method, string> = {
    card: say.cardNote,
    alipay: say.alipayNote,
    wechat_pay: say.wechatNote,
    bank_transfer: say.bankNote,
  };
  const marks: Record<Method, string> = { card: "••••", alipay: "支", wechat_pay: "微", bank_transfer: "⇄" };
  return beside(
    scene,
    html`${alert(missed ? say.chooseOne : undefined)}${form(
      scene,
      "",
      html`<fieldset><legend>${say.choose}</legend>
${methods.map(
  (method) => html`<label class="choice"><input type="radio" name="method" value="${method}" required>
<span><span>${say[method]}</span><span class="muted">${notes[method]}</span></span>
<span class="badge ${method === "card" ? "card-badge" : method}" aria-hidden="true">${marks[method]}</span></label>`,
)}</fieldset>
<button class="button">${say.next}</button>`,
    )}
<p class="links"><a href="${scene.back}&amp;cancelled=1">${say.leave}</a></p>
<details class="hint"><summary>${say.testTools}</summary>${form(
      scene,
      "expire",
      html`<button class="button plain">${say.runOut}</button>`,
    )}</details>`,
  );
}

export interface CardForm {
  /** The number and the code are not put back into the page. */
  readonly expiry: string;
  readonly problems: CardProblems;
  readonly refusal?: "declined" | "no-funds";
}

export function cardPage(scene: Scene, filled: CardForm): Html {
  const say = words[scene.language];
  const { number, expiry, cvc } = filled.problems;
  const field = (
    name: string,
    label: string,
    problem: string | undefined,
    value: string,
    length: number,
    hint: string,
  ) =>
    html`<div><label class="field" for="${name}">${label}</label>
<input class="input" id="${name}" name="${name}" value="${value}" inputmode="numeric" autocomplete="off" maxlength="${length}" placeholder="${hint}" required${
      problem === undefined ? "" : html` aria-invalid="true" aria-describedby="${name}-problem"`
    }>${problem === undefined ? "" : html`<p class="problem" id="${name}-problem">${problem}</p>`}</div>`;
  return beside(
    scene,
    html`<h2>${say.card}</h2>${alert(filled.refusal && say[filled.refusal])}${form(
      scene,
      "card",
      html`${field("number", say.number, number && say[number], "", 25, "4242 4242 4242 4242")}
<div class="pair">${field("expiry", say.expiry, expiry === "past" ? say.past : expiry && say.unreadableExpiry, filled.expiry, 9, "12 / 34")}
${field("cvc", say.cvc, cvc && say.unreadableCvc, "", 4, "123")}</div>
<button class="button">${say.pay} ${format(scene.session.amount, localeOf(scene.language))}</button>`,
    )}
<div class="hint"><p><strong>${say.testCards}</strong></p>
<p><code>4242 4242 4242 4242</code> ${say.goesThrough}<br>
<code>4000 0000 0000 0002</code> ${say.isDeclined}<br>
<code>4000 0000 0000 9995</code> ${say.hasNoFunds}</p><p>${say.anyExpiry}</p></div>
${links(scene)}`,
  );
}

/** Alipay and WeChat Pay: a code to scan, which leads a phone to this same page, and a button to pay. */
export async function walletPage(
  scene: Scene,
  method: "alipay" | "wechat_pay",
  publicUrl: string,
  refused: boolean,
): Promise<Html> {
  const say = words[scene.language];
  const code = await QRCode.toString(publicUrl + here(scene, method), { type: "svg", margin: 1 });
  return beside(
    scene,
    html`<h2>${say[method]}</h2>${alert(refused ? say.refused : undefined)}
<p>${method === "alipay" ? say.scanAlipay : say.scanWechat}</p>
<div class="qr" role="img" aria-label="${say.qrLabel}">${raw(code)}</div>
${form(
  scene,
  method,
  html`<button class="button" name="action" value="pay">${say.scanned}</button>
<button class="button plain" name="action" value="refuse">${say.refuse}</button>`,
)}${links(scene)}`,
  );
}

export function bankPage(scene: Scene): Html {
  const say = words[scene.language];
  return beside(
    scene,
    html`<h2>${say.bank_transfer}</h2><p>${say.transferHeading}</p>
<dl><dt>${say.recipient}</dt><dd>${say.recipientName}</dd><dt>${say.account}</dt><dd>TEST 0000 0000 0000</dd>
<dt>${say.reference}</dt><dd><bdi>${scene.session.orderNumber}</bdi></dd>
<dt>${say.amount}</dt><dd>${format(scene.session.amount, localeOf(scene.language))}</dd></dl>
${form(scene, "bank_transfer", html`<button class="button">${say.transfer}</button>`)}${links(scene)}`,
  );
}

/** A session that is over, or waits for the bank. */
export function closedPage(scene: Scene): Html {
  const say = words[scene.language];
  const { status, payment } = scene.session;
  const back = html`<p><a class="button" href="${scene.back}">${say.back}</a></p>`;
  if (status === "expired")
    return beside(scene, html`<h2>${say.expiredHeading}</h2><p>${say.expiredNote}</p>${back}`);
  if (payment === "pending")
    return beside(
      scene,
      html`<h2>${say.pendingHeading}</h2><p>${say.pendingNote}</p>${back}
<div class="hint"><p>${say.pendingTest}</p>${form(
        scene,
        "settle",
        html`<button class="button plain" name="outcome" value="arrived">${say.arrived}</button>
<button class="button plain" name="outcome" value="failed">${say.neverCame}</button>`,
      )}</div>`,
    );
  return payment === "failed"
    ? beside(scene, html`<h2>${say.failedHeading}</h2><p>${say.failedNote}</p>${back}`)
    : beside(
        scene,
        html`<h2>${say.paidHeading}</h2><p>${say.paidNote}</p>${back}
<details class="hint"><summary>${say.testTools}</summary><p>${say.afterTest}</p>${form(
          scene,
          "after",
          html`${possible(scene.session).map(
            (what) => html`<button class="button plain" name="action" value="${what}">${say[what]}</button>`,
          )}`,
        )}</details>`,
      );
}

/** What may become of a paid session next. */
function possible({ amount, refunded, dispute }: SandboxSession): Afterwards[] {
  return afterwards.filter((what) => {
    if (what === "refund" || what === "refund-part") return refunded < amount.amount;
    if (what === "refund-fails") return refunded > 0;
    return what === "dispute" ? dispute === undefined : dispute === "open";
  });
}

/** For an address without a session, and for a form that is not ours. */
export function strayPage(language: Language, kind: "missing" | "stale"): Html {
  const say = words[language];
  return html`${banner(say)}<main class="card landing"><h1>${kind === "missing" ? say.missingHeading : say.staleHeading}</h1>
<p>${kind === "missing" ? say.missingNote : say.staleNote}</p></main>`;
}
