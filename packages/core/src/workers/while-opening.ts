/** Does something while something else is being opened. Where it fails, what was opened is closed, and the failure thrown. */
export async function whileOpening<Done, Opened>(
  opening: Promise<Opened>,
  work: Promise<Done>,
  close: (opened: Opened) => Promise<void>,
): Promise<[Opened, Done]> {
  const [opened, done] = await Promise.allSettled([opening, work])
  if (opened.status === 'rejected') throw opened.reason
  if (done.status === 'fulfilled') return [opened.value, done.value]
  await close(opened.value)
  throw done.reason
}
