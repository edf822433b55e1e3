/** Output that a finished program may have where the caller says nothing. */
export const DEFAULT_MAX_OUTPUT_BYTES = 64 * 1024 * 1024
/** Of longer messages the end is kept. */
export const MAX_STDERR_BYTES = 256 * 1024
