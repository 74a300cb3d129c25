/**
 * True for the error of a unique index. MongoDB answers code 11000; DocumentDB, when findAndModify meets one or an
 * upsert loses a race for its `_id`, passes PostgreSQL's own words on with a code of its own.
 */
export const isDuplicateKey = (error: unknown): error is Error =>
  error instanceof Error &&
  (("code" in error && error.code === 11000) ||
    error.message.startsWith("duplicate key value violates unique constraint") ||
    error.message.startsWith("conflicting key value violates exclusion constraint"));
