// Which code is one file. What the console begins with and others have made is `vendor`: it changes with a release of theirs and not with each
// of ours, so that a browser keeps it. Everything else is split by page, as the bundler finds it.
interface Asked {
  getModuleInfo: (id: string) => { importers: readonly string[]; isEntry: boolean } | null
}

/** Gives a function for `manualChunks`. */
export function chunks(): (id: string, asked: Asked) => string | undefined {
  const known = new Map<string, boolean>()
  const first = (id: string, { getModuleInfo }: Asked, path: Set<string>): boolean => {
    const before = known.get(id)
    if (before !== undefined) return before
    if (path.has(id)) return false
    path.add(id)
    const info = getModuleInfo(id)
    const is = info !== null && (info.isEntry || info.importers.some((i) => first(i, { getModuleInfo }, path)))
    if (is || path.size === 1) known.set(id, is) // within a circle a no is not the last word
    return is
  }
  return (id, asked) => (id.includes('/node_modules/') && first(id, asked, new Set()) ? 'vendor' : undefined)
}
