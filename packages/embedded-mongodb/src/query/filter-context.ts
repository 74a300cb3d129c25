import type { Scope } from "../aggregate/expression.ts";
import type { Declared } from "../index-kinds.ts";
import type { Patience } from "../patience.ts";

/** What a search for words or places needs of the collection it is made in. */
export interface Searched {
  indexes?: readonly Declared[];
  namespace?: string;
}

/** Lets a search for words or places stand in the filter of a command on this collection, or on none yet. */
export function searching(collection: Searched = {}): Pick<FilterContext, "words" | "places"> {
  return { words: collection, places: collection };
}

/** What a filter may refer to beside the document. */
export interface FilterContext {
  /** Variables for `$expr`, from `let`, and with them the collation (see `withCollation`). */
  variables?: Scope;
  /**
   * Where `$text` may stand: the collection searched, `{}` while there is none. Without it `$text` is refused.
   */
  words?: Searched;
  /** Where `$near` may stand: the collection searched; `"deeper"` below the top of such a filter. */
  places?: Searched | "deeper";
  /** The value tested is an element of an array, and as such not opened when it is an array itself. */
  closed?: boolean;
  /** The document tested is one inside a document, whose fields `$ref`, `$id` and `$db` can be asked for. */
  inner?: boolean;
  /** The time limit of the command, at which functions in JavaScript end. */
  patience?: Patience;
}

/** The context below an operator under which no search for places may stand. */
export function deeper(context: FilterContext): FilterContext {
  return context.places ? { ...context, places: "deeper" } : context;
}
