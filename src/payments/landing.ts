import { Hono } from "hono";
import { html } from "hono/html";
import type { Order } from "../shop/orders/order.ts";
import { type Language, languageOf, show, showStyles } from "./page.ts";

/** How an order's payment stands when its shopper comes back. */
export interface Landing {
  readonly outcome: "paid" | "pending" | "open" | "failed" | "closed" | "refunded" | "checking";
  /** The order's number, "H-1042". */
  readonly number?: string;
  /** Address of the chat, where one is known. */
  readonly back?: string;
}

type Told = Landing["outcome"] | "unknown";

const words: Record<
  Language,
  Record<Told, readonly [heading: string, text: string]> & { back: string; order: string }
> = {
  en: {
    paid: ["Paid", "Thank you! Go back to your chat: the order continues there."],
    pending: [
      "Your payment is on its way",
      "The bank has not confirmed it yet. We will write to you in your chat as soon as it arrives.",
    ],
    open: [
      "Not paid yet",
      "Nothing was charged. You can pay with the button in your chat while the order is held.",
    ],
    failed: ["The payment did not go through", "Nothing was charged. Go back to your chat to try again."],
    closed: ["This order is closed", "It can no longer be paid. Go back to your chat to order again."],
    refunded: [
      "Your money goes back to you",
      "The payment came after the order had ended. It is returned the way it was paid.",
    ],
    unknown: ["We do not know this order", "Go back to your chat and open the payment from there."],
    checking: [
      "We are checking your payment",
      "This takes a moment. Go back to your chat: we will write to you there.",
    ],
    back: "Back to the chat",
    order: "Order",
  },
  zh: {
    paid: ["支付成功", "谢谢！请返回聊天，订单将在那里继续。"],
    pending: ["款项正在途中", "银行尚未确认。款项到账后，我们会在聊天中通知您。"],
    open: ["尚未支付", "没有扣款。订单保留期间，您可以在聊天中点击按钮继续支付。"],
    failed: ["支付未成功", "没有扣款。请返回聊天重试。"],
    closed: ["订单已关闭", "该订单已无法支付。请返回聊天重新下单。"],
    refunded: ["款项将退还给您", "付款到达时订单已结束，款项将原路退回。"],
    unknown: ["找不到该订单", "请返回聊天，从那里打开支付页面。"],
    checking: ["正在确认您的付款", "请稍候。返回聊天即可，我们会在那里通知您。"],
    back: "返回聊天",
    order: "订单",
  },
};

/**
 * What a shopper is told about an order once it has been reconciled, or null when the payment session they
 * came from was never this order's.
 */
export function landingOf(order: Order, session: string | undefined, back?: string): Landing | null {
  const { payment, state, number, quarantine } = order;
  const tell = (outcome: Landing["outcome"]): Landing => ({ outcome, number, ...(back && { back }) });
  if (session !== undefined && session !== payment?.session)
    return order.strays.some((stray) => stray.session === session) ? tell("refunded") : null;
  if (quarantine !== undefined) return tell("checking");
  switch (state) {
    case "paid":
    case "packed":
    case "shipped":
    case "delivered":
    case "completed":
      return tell("paid");
    case "refunding":
    case "refunded":
      return tell("refunded");
    case "draft":
    case "awaiting_payment":
      return tell(payment?.status === "pending" ? "pending" : "open");
    case "cancelled":
    case "expired":
      return tell(payment?.status === "failed" ? "failed" : "closed");
  }
}

/**
 * `GET /pay/return`, where the payment page sends the shopper; mount it at "/".
 *
 * `reconcile` reads the order's session at the provider and applies what it finds, just as the webhook
 * does; whichever comes first counts, and the other changes nothing. It answers what `landingOf` makes of
 * the order, or null for an order it does not know. `session` is absent after a cancelled payment. When it
 * fails the shopper is sent back to the chat all the same: the webhook is still to come.
 */
export function landingRoutes(
  reconcile: (order: string, session: string | undefined) => Promise<Landing | null>,
  log?: { error(details: object, message: string): void },
): Hono {
  const routes = new Hono();
  routes.get("/pay/style.css", showStyles);
  routes.get("/pay/return", async (context) => {
    const order = context.req.query("order") ?? "";
    const session = context.req.query("session");
    let landing: Landing | null = null;
    let told: Told = "unknown";
    if (/^[\w-]{1,64}$/.test(order) && (session === undefined || /^[\w-]{1,255}$/.test(session))) {
      try {
        landing = await reconcile(order, session);
        told = landing?.outcome ?? "unknown";
      } catch (error) {
        log?.error({ order, err: error }, "an order could not be reconciled on the shopper's return");
        told = "checking";
      }
    }
    const language = languageOf(context);
    const say = words[language];
    const [heading, text] = say[told];
    return show(context, {
      language,
      title: heading,
      styles: "/pay/style.css",
      status: told === "unknown" ? 404 : told === "checking" ? 202 : 200,
      body: html`<main class="card landing" data-outcome="${told}">
<p class="sign ${told}" aria-hidden="true">${told === "paid" ? "✓" : told === "pending" || told === "checking" ? "…" : "!"}</p>
<h1>${heading}</h1>
${landing?.number === undefined ? "" : html`<p class="muted">${say.order} <bdi>${landing.number}</bdi></p>`}
<p>${text}</p>
${landing?.back === undefined ? "" : html`<p><a class="button" href="${landing.back}">${say.back}</a></p>`}
</main>`,
    });
  });
  return routes;
}
