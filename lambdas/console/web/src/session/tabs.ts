// What the tabs of one browser tell each other about the session. Never a password and never a token.
export type Word =
  | { said: 'out' } // somebody signed out
  | { said: 'in' } // somebody signed in, or got a new session
  | { said: 'code'; code: string; state: string; error?: string } // a window of its own brought the pool's answer: the tab with its verifier takes it

const name = 'mirrorwatch.session'

/** Tells the other tabs. */
export function say(word: Word): void {
  if (typeof BroadcastChannel === 'undefined') return
  const channel = new BroadcastChannel(name)
  channel.postMessage(word)
  channel.close()
}

/** Listens to the other tabs, until what it gives is called. */
export function listen(f: (word: Word) => void): () => void {
  if (typeof BroadcastChannel === 'undefined') return () => {}
  const channel = new BroadcastChannel(name)
  channel.onmessage = (e: MessageEvent<Word>) => f(e.data)
  return () => channel.close()
}
