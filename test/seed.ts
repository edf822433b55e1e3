const given = process.env.LUSTREBACKUP_SEED

/**
 * Where properties begin, whose inputs have no end: the same in every run, so that what has passed passes again. LUSTREBACKUP_SEED takes another one;
 * `npm run fuzz -- --only properties` tries one after the other.
 */
export const PROPERTY_SEED = Number(given ?? 20_261_123)

/** Which of a list are tried where all would take too long: others every time. LUSTREBACKUP_SEED repeats a choice. */
export const CHOICE_SEED = Number(given ?? Math.floor(Math.random() * 2 ** 31))
