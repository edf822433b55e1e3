declare const brand: unique symbol
/** A value that went through exactly one parse function; see the functions named `parse…` and `make…`. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name }

/** Turns a forgotten case of a union into a compile error, and into a loud failure should it ever be reached. */
export function assertNever(value: never): never {
  throw new Error(`unexpected value ${JSON.stringify(value)}`)
}
