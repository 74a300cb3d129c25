import type { z } from "zod";

/** What is wrong with a field, in words for people who never heard of a schema. */
export function plainFault(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "too_small":
      return issue.origin === "string" || issue.origin === "array"
        ? "is needed"
        : `is less than ${issue.minimum}`;
    case "too_big":
      if (issue.origin === "string") return `has more than ${issue.maximum} characters`;
      return issue.origin === "array" ? `has more than ${issue.maximum}` : `is more than ${issue.maximum}`;
    case "invalid_type":
    case "invalid_union":
    case "invalid_value":
      return "is not of a kind that can be kept";
    case "invalid_format":
      // Other formats say what is wrong themselves.
      return issue.format === "url" ? "has no https address" : issue.message;
    default:
      return issue.message;
  }
}
