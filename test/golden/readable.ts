/** A transcript with what differs from run to run replaced by stable names. */
export const readable = (transcript: string): string =>
  transcript
    .replace(/https?:\/\/127\.0\.0\.1:\d+[^\s)>\]]*/g, "(address)")
    .replace(/\bH-\d+\b/g, "(order number)")
    .replace(
      /\b(?:\w{3}, )?(?:\w{3,9} \d{1,2}(?:, \d{4})?|\d{1,2} \w{3,9}(?: \d{4})?|\d{4}-\d\d-\d\d)(?:,? at|,)? \d{1,2}:\d\d(?::\d\d)?(?:\s?[AP]M)?(?: UTC)?/g,
      "(date)",
    )
    .replace(/\b\d{1,2}:\d\d(?:\s?[AP]M)?(?: UTC)?/g, "(time)")
    .replace(/\d+月\d+日(?:\s*\d+:\d\d)?/g, "(date)");
