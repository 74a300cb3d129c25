import type { Control, Turn } from "../src/engine/index.ts";
import type { OfferedProduct, OfferedVariant } from "../src/shop/catalog/offer.ts";
import { variantTitle, variantValues } from "../src/shop/catalog/product.ts";
import { inLanguage } from "../src/shop/core/localised-text.ts";
import { type Availability, suffices } from "../src/shop/inventory/availability.ts";
import { actions } from "./actions.ts";
import { pager } from "./shopfront.ts";

/** What is told of a variant beside its values. */
export interface VariantWords {
  readonly cost: (variant: OfferedVariant) => string;
  readonly left: (variant: OfferedVariant) => Availability;
}

/** Which option is being chosen, and which page of its values is shown; both are asked for by a button. */
export interface Choosing {
  /** Index in the product's options. */
  readonly step?: number | undefined;
  /** From 1. */
  readonly page?: number | undefined;
}

/**
 * How another variant of a product is chosen, `chosen` being shown.
 *
 * Where all variants fit into one choice, they are one. Where they do not, each option is a choice of its own: the values
 * of the first, then those of the second that go with it, and so on, page by page where even those do not fit. Every page
 * shows a variant that can be bought as it is; the other options stand beside it as buttons.
 */
export function variantControls(
  turn: Turn,
  product: OfferedProduct,
  chosen: OfferedVariant,
  words: VariantWords,
  choosing: Choosing = {},
): Control[] {
  const { variants } = product;
  if (variants.length < 2) return [];
  const about = (variant: OfferedVariant) =>
    suffices(words.left(variant), 1) ? words.cost(variant) : turn.say("product.sold_out");
  const refTo = (variant: OfferedVariant, at: Choosing = {}) =>
    actions.product({ product: product._id, sku: variant.sku, ...at });
  if (variants.length <= turn.optionsMax) {
    const options = variants.map((variant) => ({
      label: `${variantTitle(product, variant, turn.locale)} · ${about(variant)}`,
      ref: refTo(variant),
      selected: variant.sku === chosen.sku,
    }));
    return [turn.pick(turn.say("product.choose"), options)];
  }

  const steps = stepsOf(product);
  const step = steps.find(({ index }) => index === choosing.step) ?? steps[0];
  if (!step) return [];
  const fitting = variants.filter((variant) => agree(variant, chosen, step.before));
  const values = distinct(fitting.map((variant) => step.valueOf(variant)));
  const size = turn.optionsMax;
  const pages = Math.ceil(values.length / size);
  const page = Math.min(choosing.page ?? 1, pages);
  const next = steps[steps.indexOf(step) + 1] ?? steps[0];
  const options = values.slice((page - 1) * size, page * size).map((value) => {
    const having = fitting.filter((variant) => step.valueOf(variant) === value);
    const best = bestOf(having, chosen, words);
    const [only, another] = having;
    const told =
      only && !another ? about(only) : having.some((one) => suffices(words.left(one), 1)) ? "" : about(best);
    const label = step.label(best, turn.locale);
    return {
      label: told === "" ? label : `${label} · ${told}`,
      ref: refTo(best, next === steps[0] ? {} : { step: next?.index }),
      selected: value === step.valueOf(chosen),
    };
  });
  const others = steps.filter((other) => other !== step);
  return [
    turn.pick(step.name(turn.locale) ?? turn.say("product.choose"), options),
    ...pager(turn, { page, pages }, (to) => refTo(chosen, { step: step.index, page: to })),
    ...others.map((other) =>
      turn.button(
        `${other.name(turn.locale)}: ${other.label(chosen, turn.locale)}`,
        refTo(chosen, { step: other.index }),
      ),
    ),
  ];
}

/** One choice on the way to a variant. */
interface Step {
  readonly index: number;
  /** Indexes of the options that were chosen before. */
  readonly before: readonly number[];
  readonly name: (locale: string) => string | undefined;
  readonly valueOf: (variant: OfferedVariant) => string;
  readonly label: (variant: OfferedVariant, locale: string) => string;
}

/** The options that tell variants apart; where they do not tell them all apart, the variants themselves come last. */
function stepsOf(product: OfferedProduct): Step[] {
  const { options, variants } = product;
  const telling = options.flatMap((_, index) =>
    distinct(variants.map(({ values }) => values[index])).length > 1 ? [index] : [],
  );
  const steps = telling.map(
    (index, at): Step => ({
      index,
      before: telling.slice(0, at),
      name: (locale) => inLanguage(options[index]?.name ?? { en: "" }, locale),
      valueOf: ({ values }) => values[index] ?? "",
      label: (variant, locale) => inLanguage(variantValues(product, variant)[index] ?? { en: "" }, locale),
    }),
  );
  const combinations = distinct(
    variants.map(({ values }) => JSON.stringify(telling.map((at) => values[at]))),
  );
  if (combinations.length === variants.length) return steps;
  const each: Step = {
    index: options.length,
    before: telling,
    name: () => undefined,
    valueOf: ({ sku }) => sku,
    label: (variant, locale) => variantTitle(product, variant, locale) || variant.sku,
  };
  return [...steps, each];
}

/** Of variants with one value, the one that differs least from the shown one and can be had. */
function bestOf(
  having: readonly OfferedVariant[],
  chosen: OfferedVariant,
  { left }: VariantWords,
): OfferedVariant {
  const score = (variant: OfferedVariant) =>
    (suffices(left(variant), 1) ? 100 : 0) +
    variant.values.filter((value, at) => value === chosen.values[at]).length;
  return having.reduce((best, one) => (score(one) > score(best) ? one : best), having[0] ?? chosen);
}

const agree = (one: OfferedVariant, other: OfferedVariant, options: readonly number[]): boolean =>
  options.every((at) => one.values[at] === other.values[at]);

const distinct = <T>(values: readonly T[]): T[] => [...new Set(values)];
