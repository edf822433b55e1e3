/** Milliseconds on a clock that never jumps and that all threads share. */
export function steadyMs(): number {
  return Number(process.hrtime.bigint()) / 1e6
}
