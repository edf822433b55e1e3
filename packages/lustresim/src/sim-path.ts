/** A path in a simulated file system, from its root, with or without a leading slash. Names are any bytes: a string is UTF-8. */
export type SimPath = string | Buffer

/** The engine's own form: latin1, one char a byte, no slash at either end; '' is the root. */
export function normalize(path: SimPath): string {
  const text = (typeof path === 'string' ? Buffer.from(path) : path).toString('latin1')
  return text.replace(/^\/+|\/+$/g, '').replace(/\/{2,}/g, '/')
}

export function splitPath(path: string): { readonly parent: string; readonly name: string } {
  const slash = path.lastIndexOf('/')
  return { parent: slash < 0 ? '' : path.slice(0, slash), name: path.slice(slash + 1) }
}

export function joinPath(parent: string, name: string): string {
  return parent === '' ? name : `${parent}/${name}`
}

export function depthOf(path: string): number {
  return path === '' ? 0 : path.split('/').length
}
